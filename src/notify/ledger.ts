import { addToGroup, byOf, type Content, dueAtMs, type Group, groupKey, newGroup } from './group.ts';
import type { Note } from './note.ts';
import { isOpposite, type Matches, type Rule, subjectOf } from './rule.ts';
import { type Subject, succeed } from './subject.ts';

type Labels = Readonly<Record<string, string>>;

/** The newest stored message of a group. */
export interface LastMessage {
  readonly token: string;
  readonly seq: number;
  readonly atMs: number;
}

interface LedgerOptions {
  readonly now: () => number;
  readonly labelsOf: (client: string) => Labels;
  /** Whether a silence matches it. */
  readonly isSilenced: (note: Note) => boolean;
}

/**
 * Applies rules to events: groups, which become messages, and subjects, which are counted. Events may be taken again from any earlier one on,
 * because each group and subject remembers its last event.
 */
export class Ledger {
  readonly groups = new Map<string, Group>();
  readonly subjects = new Map<string, Subject>();
  /** Keys of values that differ from those in the store. */
  readonly changedGroups = new Set<string>();
  readonly changedSubjects = new Set<string>();
  /** The newest messages by the keys of their groups. A group that is not stored continues after its newest message. */
  readonly lastMessages = new Map<string, LastMessage>();
  silenced = 0;
  private readonly options: LedgerOptions;
  private rules: readonly Rule[] = [];

  constructor(options: LedgerOptions) {
    this.options = options;
  }

  /** Replaces the rules. Groups of removed rules are due at once, and their subjects are deleted. */
  replace(rules: readonly Rule[]): void {
    this.rules = rules;
    const ids = new Set(rules.map(({ id }) => id));
    for (const [key, group] of this.groups) {
      if (ids.has(group.rule)) continue;
      this.groups.set(key, { ...group, waitMs: 0, intervalMs: 0 });
      this.changedGroups.add(key);
    }
    for (const [key, { rule }] of this.subjects) {
      if (ids.has(rule)) continue;
      this.subjects.delete(key);
      this.changedSubjects.add(key);
    }
  }

  take(note: Note): void {
    for (const rule of this.rules) {
      const subject = rule.after > 1 ? subjectOf(note) : undefined;
      if (subject !== undefined) this.count(rule, note, subject);
      else if (this.isMeant(rule, note)) this.tell(rule, note);
    }
  }

  /** Removes the content of a group, which becomes a message. */
  empty(key: string, content: Content, nowMs: number): void {
    const group = this.groups.get(key);
    if (group?.content !== content) return;
    const { content: _, ...rest } = group;
    this.groups.set(key, { ...rest, sentAtMs: nowMs });
    this.changedGroups.add(key);
  }

  /** The time at which the next message is due. */
  nextDueMs(nowMs: number): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const group of this.groups.values()) nextMs = Math.min(nextMs, dueAtMs(group, nowMs) ?? nextMs);
    return nextMs;
  }

  /** Keys of groups without content whose interval is over and whose last event is not after `seq`. */
  idle(nowMs: number, seq: number): string[] {
    const isIdle = ({ content, sentAtMs = 0, intervalMs, seq: last }: Group) =>
      !content && sentAtMs + intervalMs <= nowMs && last <= seq;
    return [...this.groups].flatMap(([key, group]) => (isIdle(group) ? [key] : []));
  }

  private isMeant({ on, matches }: { on: Rule['on']; matches: Matches }, note: Note): boolean {
    return on.has(note.event) && matches(note, this.options.labelsOf);
  }

  private count(rule: Rule, note: Note, subject: string): void {
    const key = `${rule.id} ${subject}`;
    const isCounted = this.isMeant(rule, note);
    if (!isCounted && !isOpposite(rule, note)) return;
    const before = this.subjects.get(key);
    if (!isCounted && !before) return;
    const blank: Subject = { rule: rule.id, subject, seq: 0, times: 0, isOpen: false };
    const { next, tells, times } = succeed(before ?? blank, isCounted ? 'counted' : 'good', note.seq ?? 0, rule.after);
    if (tells) this.tell(rule, note, { state: tells, times });
    if (next) this.subjects.set(key, next);
    else this.subjects.delete(key);
    this.changedSubjects.add(key);
  }

  private tell(rule: Rule, note: Note, { state, times }: { state?: 'opened' | 'closed'; times?: number } = {}): void {
    if (this.options.isSilenced(note)) {
      this.silenced += 1;
      return;
    }
    const { event } = note;
    const about = { event, by: byOf(rule, note), ...(state && { state }) };
    const key = groupKey({ rule: rule.id, ...about });
    const before = this.groups.get(key) ?? behind(newGroup(rule, about), this.lastMessages.get(key));
    const after = addToGroup(before, note, { nowMs: this.options.now(), times });
    if (after === before) return;
    this.groups.set(key, after);
    this.changedGroups.add(key);
  }
}

/** Removes from a stored group the events that a stored message already has. */
export function behind(group: Group, last: LastMessage | undefined): Group {
  if (!last) return group;
  const { content, ...rest } = group;
  const isTold = content && (content.token === last.token || Number(content.token) <= last.seq);
  if (content && !isTold) return group;
  return { ...rest, seq: Math.max(group.seq, last.seq), sentAtMs: Math.max(group.sentAtMs ?? 0, last.atMs) };
}
