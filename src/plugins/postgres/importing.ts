import {
  type LoggedEvent,
  SignalboxError,
  type StoredItem,
  type StoredJob,
  type StoredSubmission,
} from '../../index.ts';
import type { Address } from './address.ts';
import { insert, packOutput } from './apply-changes.ts';
import { addEvents } from './log.ts';
import { wordOf } from './postgres-collection.ts';
import { keepForClients } from './pruning.ts';
import type { Session } from './session.ts';
import { type Blob, toText } from './values.ts';

const maxPart = 500;
const maxPartBytes = 4_194_304;

/**
 * Imports the whole content of another store, within a transaction of the caller.
 * @throws SignalboxError `bad_store` if this store is not empty
 */
export async function importItems(session: Session, address: Address, items: AsyncIterable<StoredItem>): Promise<void> {
  for (const table of ['epochs', 'submissions', 'tombstones', 'entries', 'events']) {
    const used = await session.query(`SELECT 1 FROM ${table} LIMIT 1`);
    const text = `${address.text} is not empty, so nothing can be imported into it; name another schema`;
    if (used.length > 0) throw new SignalboxError('bad_store', text);
  }
  const jobs = new JobParts(session);
  let events: LoggedEvent[] = [];
  for await (const item of items) {
    if (item.type === 'submission') jobs.submission(item.submission);
    else if (item.type === 'job') await jobs.job(item.job, packOutput(item.output));
    else if (item.type === 'event') {
      events.push(item.event);
      if (events.length < maxPart) continue;
      await addEvents(session, events);
      events = [];
    } else await importItem(session, item);
  }
  await jobs.flush();
  await addEvents(session, events);
}

async function importItem(
  session: Session,
  item: Exclude<StoredItem, { type: 'submission' | 'job' | 'event' }>,
): Promise<void> {
  if (item.type === 'store')
    await session.query('UPDATE store SET id = $1, next_number = $2', [item.id, item.nextNumber]);
  else if (item.type === 'epoch') {
    await session.query('INSERT INTO epochs (epoch) VALUES ($1) ON CONFLICT DO NOTHING', [item.epoch]);
  } else if (item.type === 'client') {
    const { name, bootId, named, seenAtMs, about } = item.client;
    const text = 'INSERT INTO clients (name, boot, named, seen_at_ms, about) VALUES ($1, $2, $3, $4, $5)';
    await session.query(text, [name, bootId, named, seenAtMs, about ? JSON.stringify(about) : null]);
  } else if (item.type === 'tombstone') await keepForClients(session, [item.job]);
  else {
    const { collection, key, value, index, dueAtMs = null } = item;
    const words = Object.entries(index).map(([word, text]) => wordOf(collection, word, text));
    const text = `INSERT INTO entries (collection, key, value, version, due_at_ms, words)
      VALUES ($1, $2, $3, nextval('entry_versions'), $4, $5)`;
    await session.query(text, [toText(collection), toText(key), JSON.stringify(value), dueAtMs, words]);
  }
}

/** Collects jobs, to write many with one statement. */
class JobParts {
  private readonly session: Session;
  private current: StoredSubmission | undefined;
  private submissions = new Set<StoredSubmission>();
  private jobs: StoredJob[] = [];
  private outputs: Blob[] = [];
  private bytes = 0;

  constructor(session: Session) {
    this.session = session;
  }

  submission(submission: StoredSubmission): void {
    this.current = submission;
  }

  async job(job: Omit<StoredJob, 'submission'>, output: Blob): Promise<void> {
    if (!this.current) throw new SignalboxError('bad_store', 'the import has a job before its submission');
    this.submissions.add(this.current);
    this.jobs.push({ ...job, submission: this.current });
    this.outputs.push(output);
    this.bytes += output?.length ?? 0;
    if (this.jobs.length >= maxPart || this.bytes > maxPartBytes) await this.flush();
  }

  async flush(): Promise<void> {
    const { submissions, jobs, outputs } = this;
    this.submissions = new Set();
    this.jobs = [];
    this.outputs = [];
    this.bytes = 0;
    if (jobs.length > 0) await insert(this.session, [...submissions], jobs, outputs);
  }
}
