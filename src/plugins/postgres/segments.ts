import type { Change, StoredClient, StoredJob, StoredSubmission } from '../../index.ts';

type Of<Type extends Change['type']> = Extract<Change, { type: Type }>;

/** Changes that can be applied list by list with the same effect as in the order of their batch. */
export interface Segment {
  readonly submissions: StoredSubmission[];
  readonly jobs: StoredJob[];
  readonly placed: Of<'placed'>[];
  readonly bound: Of<'bound'>[];
  readonly cancelled: Of<'cancel-requested'>[];
  readonly settled: Of<'settled'>[];
  readonly late: Of<'late'>[];
  /** The newest batch state of each submission. */
  readonly batches: Map<string, Of<'batch'>>;
  /** The newest state of each client; undefined: forgotten. */
  readonly clients: Map<string, StoredClient | undefined>;
}

const rankOf = { submitted: 0, placed: 1, bound: 2, 'cancel-requested': 3, settled: 4, late: 5, batch: 6 };

/**
 * Splits a batch into parts that a few statements with many rows can apply. Within a part, the changes of each job are in the
 * order of the lists, without repetition. Usually the whole batch is one part.
 */
export function segmentsOf(changes: readonly Change[]): Segment[] {
  const segments: Segment[] = [];
  let segment: Segment | undefined;
  let ranks = new Map<string, number>();
  const begin = (): Segment => {
    const lists = { submissions: [], jobs: [], placed: [], bound: [], cancelled: [], settled: [], late: [] };
    const made = { ...lists, batches: new Map(), clients: new Map() };
    segments.push(made);
    ranks = new Map();
    return made;
  };
  for (const change of changes) {
    const rank = change.type in rankOf ? rankOf[change.type as keyof typeof rankOf] : 0;
    const keys = keysOf(change);
    if (!segment || keys.some((key) => (ranks.get(key) ?? -1) >= rank)) segment = begin();
    for (const key of keys) ranks.set(key, rank);
    add(segment, change);
  }
  return segments;
}

function keysOf(change: Change): readonly string[] {
  if (change.type === 'submitted') return change.jobs.map(({ client }) => `${change.submission.id} ${client}`);
  if (!('job' in change)) return [];
  const { id, client } = change.job;
  // Later changes of the place use the name of its client.
  return change.type === 'placed' ? [`${id} ${client}`, `${id} ${change.client}`] : [`${id} ${client}`];
}

function add(segment: Segment, change: Change): void {
  if (change.type === 'submitted') {
    segment.submissions.push(change.submission);
    segment.jobs.push(...change.jobs.map((job) => ({ ...job, submission: change.submission })));
  } else if (change.type === 'placed') segment.placed.push(change);
  else if (change.type === 'bound') segment.bound.push(change);
  else if (change.type === 'cancel-requested') segment.cancelled.push(change);
  else if (change.type === 'settled') segment.settled.push(change);
  else if (change.type === 'late') segment.late.push(change);
  else if (change.type === 'batch') segment.batches.set(change.job.id, change);
  else if (change.type === 'client') segment.clients.set(change.client.name, change.client);
  else segment.clients.set(change.name, undefined);
}
