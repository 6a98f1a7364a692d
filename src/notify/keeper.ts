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
  /** Writes what must be there before the place in the log is written. */
  readonly between?: () => Promise<void>;
}

/**
 * What the store has of a ledger. A message is stored before its group is written without what it has, and groups before subjects, and both before
 * the place in the log: so a server that dies anywhere in between has nothing lost, and takes nothing twice.
 */
export class Keeper {
  /** Number of the event up to which the store has all that follows. */
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

  /** @returns how far the log was read; undefined if it never was. */
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

  /** What happens from now on is told, also if this server dies before it has read it. */
  async begin(position: number): Promise<void> {
    await this.cursor.put('log', { seq: position });
    this.saved = position;
  }

  /** With what is due next. */
  alsoStore(message: Message): void {
    this.others.push(message);
  }

  isDirty(position: number): boolean {
    const { changedGroups, changedSubjects } = this.ledger;
    return position > this.saved || changedGroups.size > 0 || changedSubjects.size > 0 || this.freezing.length > 0;
  }

  /** Makes messages of what is due. What could not be stored is tried again the next time, as it was. */
  async freeze(nowMs: number, { included, store }: FreezeUse): Promise<boolean> {
    const { ledger } = this;
    for (const [key, group] of ledger.groups) {
      const { content } = group;
      if (!content || (dueAtMs(group) ?? Number.POSITIVE_INFINITY) > nowMs) continue;
      ledger.empty(key, content, nowMs);
      this.freezing.push({ key, group, content });
    }
    const hasFrozen = this.freezing.length > 0 || this.others.length > 0;
    for (const other of [...this.others]) {
      await store(other);
      this.others.splice(this.others.indexOf(other), 1);
    }
    for (const one of [...this.freezing]) {
      const { key, group, content } = one;
      const message: Message = {
        ...{ id: messageId(group, content), body: bodyOf(group, content, await included(group, content)) },
        ...{ event: group.event, text: textOf(group, content), count: content.count, createdAtMs: nowMs },
        ...{ group: key, token: content.token, seq: group.seq },
        deliveries: Object.fromEntries(group.to.map((name) => [name, { state: 'waiting', attempts: 0 }])),
      };
      await store(message);
      ledger.lastMessages.set(key, { token: content.token, seq: group.seq, atMs: nowMs });
      this.freezing = this.freezing.filter((other) => other !== one);
    }
    return hasFrozen;
  }

  /** Writes what has changed, up to an event. */
  async save(position: number, { nowMs, between }: SaveUse): Promise<void> {
    // A group must not be written without what waits to be a message.
    if (this.freezing.length > 0) return;
    const { ledger } = this;
    // Those of now: groups, which are written first, may have more.
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

/** What could not be written stays changed. */
async function writeAll(changed: Set<string>, write: (key: string) => Promise<void>): Promise<void> {
  const keys = [...changed];
  for (let at = 0; at < keys.length; at += atOnce) {
    const some = keys.slice(at, at + atOnce);
    for (const key of some) changed.delete(key);
    const done = await Promise.allSettled(some.map(write));
    for (const [index, { status }] of done.entries()) if (status === 'rejected') changed.add(some[index] ?? '');
    const failed = done.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
  }
}
