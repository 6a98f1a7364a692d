import { jsonLine } from '../../host/json-line.ts';
import type { StoredItem, StoredJob, StoredSubmission } from '../../index.ts';

const submissionOrder = namesOf<StoredSubmission>({
  number: true,
  id: true,
  command: true,
  kind: true,
  actor: true,
  key: true,
  args: true,
  auditedArgs: true,
  redacted: true,
  submittedAtMs: true,
  expiresAtMs: true,
  timeoutMs: true,
  traceparent: true,
  standing: true,
  batch: true,
  targets: true,
});
const jobOrder = namesOf<StoredJob>({
  submission: true,
  client: true,
  place: true,
  sentAs: true,
  vouched: true,
  bootId: true,
  adopted: true,
  takenUp: true,
  cancelRequested: true,
  settledAtMs: true,
  settlement: true,
  late: true,
});

/** A line of an export. Equal contents give equal bytes, whichever store they come from. */
export function exportLine(item: StoredItem): string {
  return jsonLine(plain(ordered(item)) as object);
}

function ordered(item: StoredItem): object {
  if (item.type === 'submission') return { ...item, submission: pick(item.submission, submissionOrder) };
  if (item.type !== 'job' && item.type !== 'tombstone') return item;
  const submission = 'submission' in item.job && { submission: pick(item.job.submission, submissionOrder) };
  return { ...item, job: pick({ ...item.job, ...submission }, jobOrder) };
}

function namesOf<Value>(names: Readonly<Record<keyof Value, true>>): string[] {
  return Object.keys(names);
}

const pick = (value: object, names: readonly string[]): object =>
  Object.fromEntries(names.map((name) => [name, (value as Readonly<Record<string, unknown>>)[name]]));

/** Converts bytes to `{ "base64": … }`. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}
