import type { Outcome } from '../../../schemas/index.ts';
import type { EventsRow } from '../event-rows.ts';

/** A packed value. */
export type Blob = Uint8Array | null;

/** The columns of a submission, in the order of the table. */
export type SubmissionRow = readonly [
  number: number,
  id: string,
  command: string,
  kind: 'control' | 'data',
  actor: string | null,
  key: string | null,
  askedHash: string | null,
  submittedAtMs: number,
  expiresAtMs: number | null,
  timeoutMs: number | null,
  traceparent: string | null,
  standing: number,
  redacted: string | null,
  batch: string | null,
  targets: string | null,
  auditedArgs: Blob,
  args: Blob,
];

/** The columns of a job, in the order of the table. */
export type JobRow = readonly [
  number: number,
  client: string,
  boot: string | null,
  adopted: number,
  takenUp: number,
  cancelRequested: number,
  place: number | null,
  sentAs: string | null,
  vouched: string | null,
  settledAtMs: number | null,
  outcome: Outcome | null,
  settlement: Blob,
  late: Blob,
];

/** The packed values of a job. */
export const packedOf = (row: readonly [...JobRow, ...unknown[]]): { settlement: Blob; late: Blob } => ({
  settlement: row[11],
  late: row[12],
});

/**
 * A typical submission: created by the holder, for one client, without key, times and trace. All other columns have
 * their defaults.
 */
export type PlainRow = readonly [
  number: number,
  id: string,
  command: string,
  kind: 'control' | 'data',
  actor: string | null,
  submittedAtMs: number,
  auditedArgs: Blob,
  args: Blob,
  client: string,
  boot: string | null,
];

/** A change on its way to the thread. Values that SQLite does not inspect are packed once, here. */
export type ChangeRow =
  | readonly ['plain', PlainRow]
  | readonly ['submitted', SubmissionRow, readonly JobRow[]]
  | readonly ['placed', id: string, place: string, client: string, boot: string, sentAs: string, vouched: string | null]
  | readonly ['bound', id: string, client: string, boot: string, sentAs: string | null]
  | readonly ['cancel-requested', id: string, client: string]
  | readonly [
      'settled',
      id: string,
      client: string,
      outcome: Outcome,
      settlement: Blob,
      atMs: number,
      output: Blob,
      isLast: boolean,
    ]
  | readonly ['late', id: string, client: string, settlement: Blob, output: Blob]
  | readonly ['batch', id: string, client: string, batch: string]
  | readonly ['client', ClientRow]
  | readonly ['client-forgotten', name: string]
  | readonly ['events', ...EventsRow];

/** Jobs on their way from the thread. Each submission is included once. */
export interface JobRows {
  readonly submissions: readonly SubmissionRow[];
  readonly jobs: readonly JobRow[];
}

export type ClientRow = readonly [name: string, boot: string, named: number, seenAtMs: number, about: string | null];

/** An entry of a collection, with its lookup data. */
export type EntryItemRow = readonly [
  collection: string,
  key: string,
  json: string,
  dueAtMs: number | null,
  words: readonly (readonly [word: string, value: string])[],
];

/** An item of another store. */
export type ImportRow =
  | readonly ['store', id: string, nextNumber: number]
  | readonly ['epoch', string]
  | readonly ['client', ClientRow]
  | readonly ['submission', SubmissionRow]
  | readonly ['job', JobRow, output: Blob]
  | readonly ['tombstone', client: string, id: string, boot: string, rows: Uint8Array]
  | readonly ['entry', EntryItemRow]
  | readonly ['events', ...EventsRow];
