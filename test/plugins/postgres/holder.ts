import { createInterface } from 'node:readline';
import { openPostgresStore } from '../../../src/plugins/postgres/postgres-store.ts';
import { holderOf, sentTo, submissionOf } from '../../../src/store/contract/samples.ts';

/** The role of a server in its own process: takes a store, then commits a submission for each line of its input. */
const [, , address = '', epoch = '', leaseMs = '1000'] = process.argv;
const store = await openPostgresStore(address, { leaseMs: Number(leaseMs) });
const { nextNumber } = await store.take(holderOf(epoch));
const say = (line: string) => process.stdout.write(`${JSON.stringify({ said: line })}\n`);
say('holds');
let batch = 0;
for await (const _ of createInterface(process.stdin)) {
  batch += 1;
  const submission = submissionOf(nextNumber + batch - 1, { id: `${epoch}.${batch}` });
  await store.commit({ number: batch, changes: [sentTo(['w1'], submission)] }).then(
    () => say('committed'),
    (error) => say(error.code),
  );
}
await store[Symbol.asyncDispose]();
