import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { limits } from '../../schemas/index.ts';
import { defineCommand, implement, type JobContext } from '../../src/index.ts';
import { hello } from '../support/hello.ts';
import { openPair, openServer } from '../support/library.ts';
import { rawClient } from '../support/raw-client.ts';

const tail = defineCommand({
  name: 'tail',
  summary: 'Emit records.',
  args: z.strictObject({}),
  result: z.null(),
  records: z.number(),
  example: 'tail',
});

const { records: _, ...withoutRecords } = tail;
const silent = defineCommand(withoutRecords);

async function run(contract: typeof tail | typeof silent, work: (job: JobContext) => Promise<void> | void) {
  const command = implement(contract, async (_args, job) => {
    await work(job);
    return null;
  });
  await using pair = await openPair({ server: { commands: [contract] }, client: { commands: [command] } });
  const { server } = pair;
  const group = await server.submit('w1', contract, {});
  const [outcome] = await group.outcomes;
  const [job] = group.jobs;
  const records = job ? await server.records(job) : [];
  await server.told.first(({ type }) => type === 'job.settled');
  const told = server.told.of('job.records').flatMap((event) => event.records);
  return { outcome, records, told };
}

describe('records of a job', () => {
  test('arrive at the server in order, more than the credit, before the outcome', async () => {
    const count = 2 * limits.recordsCredit + 1;
    const { outcome, records, told } = await run(tail, async (job) => {
      for (let value = 0; value < count; value += 1) {
        job.record(value);
        if (value % 100 === 0) await nextTurn();
      }
    });
    const all = Array.from({ length: count }, (_, offset) => ({ offset, value: offset }));
    expect(outcome?.outcome).toBe('completed');
    expect(records).toStrictEqual(all);
    expect(told).toStrictEqual(all);
  });

  test.each([
    ['that does not match the contract', tail, 'text', 'bad_result'],
    ['that cannot be sent', defineCommand({ ...tail, records: z.any() }), Number.NaN, 'bad_result'],
    ['of a contract without records', silent, 1, 'bad_usage'],
  ] as const)('one %s throws', async (_what, contract, value, code) => {
    const { outcome, records } = await run(contract as typeof tail, (job) => job.record(value));
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code } });
    expect(records).toStrictEqual([]);
  });
});

test('a client that sends records beyond its credit loses its session', async () => {
  await using server = await openServer({ commands: [tail] });
  await using client = await rawClient(server.endpoint, hello({ state: 'ready', commands: ['tail'] }));
  await server.waitForClients(1);
  const group = await server.submit('w1', tail, {});
  const values = Array.from({ length: limits.recordsCredit }, (_, index) => index);
  await client.send(
    { type: 'records', id: group.id, offset: 0, values },
    { type: 'records', id: group.id, offset: values.length, values: [0] },
  );
  await client.first('refused');
  expect(await server.clients()).toMatchObject([{ name: 'w1', state: 'offline' }]);
});

test('missing records are counted with the outcome', async () => {
  await using server = await openServer({ commands: [tail] });
  await using client = await rawClient(server.endpoint, hello({ state: 'ready', commands: ['tail'] }));
  await server.waitForClients(1);
  const group = await server.submit('w1', tail, {});
  await client.send(
    { type: 'records', id: group.id, offset: 2, values: [2] },
    { type: 'result', id: group.id, outcome: 'completed', durationMs: 0, result: null, records: 5 },
  );
  await group.outcomes;
  expect(await server.list()).toMatchObject([{ lostRecords: 4 }]);
});
