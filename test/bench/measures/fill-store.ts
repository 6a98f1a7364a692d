import { openSqliteStore } from '../../../src/index.ts';
import type { Change, StoredSubmission } from '../../../src/store/stored-job.ts';

const perBatch = 1_000;
/** As long as a real one. */
const epoch = 'c0ffee00-0000-4000-8000-000000000000';
const client = 'w-1';

/**
 * Makes a store with settled jobs.
 * @returns the number of used bytes.
 */
export async function fillStore(path: string, jobs: number): Promise<number> {
  await using store = await openSqliteStore({ path });
  await store.take({ epoch, endpoint: 'none', host: 'none', pid: 1 });
  const batches: Promise<void>[] = [];
  for (let number = 1, first = 1; first <= jobs; number += 1, first += perBatch) {
    const count = Math.min(perBatch, jobs - first + 1);
    const changes = Array.from({ length: count }, (_, index) => changesOf(first + index)).flat();
    batches.push(store.commit({ number, changes }));
    if (batches.length > 2) await batches.shift();
  }
  await Promise.all(batches);
  return (await store.info()).bytes;
}

function changesOf(number: number): readonly Change[] {
  const id = `${epoch}.${number}`;
  const submission: StoredSubmission = {
    ...{ number, id, command: 'ping', kind: 'control', args: {}, auditedArgs: {}, actor: 'owner', standing: false },
    ...{
      key: undefined,
      redacted: undefined,
      submittedAtMs: number,
      expiresAtMs: undefined,
      timeoutMs: undefined,
      traceparent: undefined,
      batch: undefined,
      targets: undefined,
    },
  };
  const job = {
    ...{
      submission,
      client,
      place: undefined,
      sentAs: undefined,
      vouched: undefined,
      bootId: epoch,
      adopted: false,
      takenUp: false,
      cancelRequested: false,
    },
    ...{ settledAtMs: undefined, settlement: undefined, late: undefined },
  };
  const settlement = { outcome: 'completed' } as const;
  return [
    { type: 'submitted', submission, jobs: [job] },
    { type: 'settled', job: { id, client }, settlement, atMs: number, output: [], isLast: true },
  ];
}
