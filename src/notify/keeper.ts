import type { Collection } from '../store/collection.ts';
import { type Content, digest, dueAtMs, type Group, groupSchema, messageId } from './group.ts';
import { Kept } from './kept.ts';
import { behind, type Ledger } from './ledger.ts';
import { bodyOf, type Included, type Message, textOf } from './message.ts';
import { type Subject, subjectSchema } from './subject.ts';

/** Writes at a time. */
const atOnce = 64;

/** A group whose content becomes a message. */
interface Freezing {
  readonly key: string;
  readonly group: Group;
  readonly content: Content;
}

interface FreezeUse {
  readonly included: (group: Group, content: Content) => Promise<readonly Included[]>;
  readonly store: (message: Message) => Promise<void>;
}

interface SaveUse {
  readonly nowMs: number;
  /** Writes that must precede that of the position. */
  readonly between?: () => Promise<void>;
}

/**
 * Stores a ledger. The order of writes is: messages, groups (now without the content of the messages), subjects, the position in the log. So a
 * server that dies between any two writes loses no event and counts none twice.
 */
export class Keeper {
  /** Number of the last event whose consequences are all stored. */
  saved = 0;
  private readonly ledger: Ledger;
  private readonly groups: Kept<Group>;
  private readonly subjects: Kept<Subject>;
  private readonly cursor: Kept<{ readonly seq: number }>;
  private freezing: Freezing[] = [];
  private others: Message[] = [];

  constructor(collection: <Value>(name: string) => Collection<Value>, ledger: Ledger) {
    this.ledger = ledger;
    this.groups = new Kept(collection<Group>('groups'));
    this.subjects = new Kept(collection<Subject>('subjects'));
    this.cursor = new Kept(collection<{ readonly seq: number }>('cursor'));
  }

  /** @returns the number of the last event that was read; undefined if the log was never read. */
  async load(messages: Iterable<Message>): Promise<number | undefined> {
    const { ledger } = this;
    for (const { group, token, seq, createdAtMs: atMs } of messages) {
      const before = ledger.lastMessages.get(group);
      if (!before || before.seq <= seq) ledger.lastMessages.set(group, { token, seq, atMs });
    }
    for await (const [key, value] of this.groups.load()) {
      const group = groupSchema.safeParse(value).data;
      if (group) ledger.groups.set(key, behind(group, ledger.lastMessages.get(key)));
    }
    for await (const [key, value] of this.subjects.load()) {
      const subject = subjectSchema.safeParse(value).data;
      if (subject) ledger.subjects.set(`${subject.rule} ${subject.subject}`, subject);
      else await this.subjects.delete(key);
    }
    for await (const [, value] of this.cursor.load()) {
      const { seq } = Object(value) as { seq?: unknown };
      if (typeof seq !== 'number') continue;
      this.saved = seq;
      return seq;
    }
    return undefined;
  }

  /** Stores the position at the start: later events are read by the next server if this one dies first. */
  async begin(position: number): Promise<void> {
    await this.cursor.put('log', { seq: position });
    this.saved = position;
  }

  /** The message is stored with those that are due next. */
  alsoStore(message: Message): void {
    this.others.push(message);
  }

  isDirty(position: number): boolean {
    const { changedGroups, changedSubjects } = this.ledger;
    return position > this.saved || changedGroups.size > 0 || changedSubjects.size > 0 || this.freezing.length > 0;
  }

  /** Stores messages for the groups that are due. Content that could not be stored is tried again the next time, unchanged. */
  async freeze(nowMs: number, { included, store }: FreezeUse): Promise<boolean> {
    const { ledger } = this;
    for (const [key, group] of ledger.groups) {
      const { content } = group;
      if (!content || (dueAtMs(group, nowMs) ?? Number.POSITIVE_INFINITY) > nowMs) continue;
      ledger.empty(key, content, nowMs);
      this.freezing.push({ key, group, content });
    }
    const hasFrozen = this.freezing.length > 0 || this.others.length > 0;
    for (const other of [...this.others]) {
      await store(other);
      this.others.splice(this.others.indexOf(other), 1);
    }
    const freezing = new Set(this.freezing);
    try {
      await writeAll(freezing, async ({ key, group, content }) => {
        const message: Message = {
          ...{ id: messageId(group, content), body: bodyOf(group, content, await included(group, content)) },
          ...{ event: group.event, text: textOf(group, content), count: content.count, createdAtMs: nowMs },
          ...{ group: key, token: content.token, seq: group.seq },
          deliveries: Object.fromEntries(group.to.map((name) => [name, { state: 'waiting', attempts: 0 }])),
        };
        await store(message);
        ledger.lastMessages.set(key, { token: content.token, seq: group.seq, atMs: nowMs });
      });
    } finally {
      this.freezing = [...freezing];
    }
    return hasFrozen;
  }

  /** Writes all changes, and then the position. */
  async save(position: number, { nowMs, between }: SaveUse): Promise<void> {
    // A group must not be written without content that is not a stored message yet.
    if (this.freezing.length > 0) return;
    const { ledger } = this;
    // A snapshot: groups are written first, and must include all events that these subjects include.
    const subjects = new Map([...ledger.changedSubjects].map((key) => [key, ledger.subjects.get(key)]));
    const left = new Set(subjects.keys());
    ledger.changedSubjects.clear();
    for (const key of ledger.idle(nowMs, this.saved)) {
      ledger.groups.delete(key);
      ledger.lastMessages.delete(key);
      ledger.changedGroups.add(key);
    }
    try {
      await writeAll(ledger.changedGroups, (key) => {
        const group = ledger.groups.get(key);
        return group ? this.groups.put(key, group) : this.groups.delete(key);
      });
      await writeAll(left, (key) => {
        const subject = subjects.get(key);
        return subject ? this.subjects.put(digest(key), subject) : this.subjects.delete(digest(key));
      });
    } finally {
      for (const key of left) ledger.changedSubjects.add(key);
    }
    await between?.();
    if (position <= this.saved) return;
    await this.cursor.put('log', { seq: position });
    this.saved = position;
  }
}

/** Removes from the set what could be written. @throws the first failure */
async function writeAll<One>(unwritten: Set<One>, write: (one: One) => Promise<void>): Promise<void> {
  const all = [...unwritten];
  for (let at = 0; at < all.length; at += atOnce) {
    const some = all.slice(at, at + atOnce);
    for (const one of some) unwritten.delete(one);
    const done = await Promise.allSettled(some.map(write));
    for (const [index, one] of some.entries()) if (done[index]?.status === 'rejected') unwritten.add(one);
    const failed = done.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
  }
}
