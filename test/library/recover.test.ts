import { once } from 'node:events';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  defineCommand,
  implement,
  type JobContext,
  type LeftJob,
  type Recovery,
  type Server,
} from '../../src/index.ts';
import { bootA, hello } from '../support/hello.ts';
import { openClient, openServer, startClient } from '../support/library.ts';
import { rawClient } from '../support/raw-client.ts';
import { refusal } from '../support/refusal.ts';

const hold = defineCommand({
  name: 'hold',
  summary: 'Hold on until it is let go.',
  args: z.strictObject({}),
  result: z.strictObject({ words: z.string() }),
  recoverable: true,
  example: 'hold',
});

type Held = LeftJob<{ words: string }>;

/** Implements `hold`: new jobs end at once; the test decides about jobs of earlier processes. */
const holding = (recover: (recovery: Recovery) => Promise<readonly Held[]> | readonly Held[]) =>
  implement(hold, () => ({ words: 'new' }), { recover });

/** A job of w1 that is running when its process is killed, without a goodbye. */
async function leaveRunning(server: Server): Promise<{ id: string; outcome: Promise<unknown> }> {
  await using former = await rawClient(server.endpoint, hello({ bootId: bootA, state: 'ready', commands: ['hold'] }));
  await server.waitForClients(1);
  const group = await server.submit('w1', hold, {});
  const [job] = group.jobs;
  if (!job) throw new Error('nothing was sent');
  await former.send({ type: 'accepted', id: group.id });
  await former.send({ type: 'output', id: group.id, stream: 'stdout', offset: 0, data: Buffer.from('one ') });
  await former.first('output-ack');
  return { id: group.id, outcome: job.outcome };
}

const openHolding = () => openServer({ commands: [hold] });

describe('a job that outlives the process of its client', () => {
  test('continues under its id when the next process recovers it, and its output continues where it was cut', async () => {
    await using server = await openHolding();
    const { id, outcome } = await leaveRunning(server);
    const goOn = Promise.withResolvers<void>();
    const asked: string[] = [];
    const recover = ({ client }: Recovery): Held[] => {
      asked.push(client);
      return [
        {
          id,
          async goOn(job) {
            job.output('stdout', 'one two');
            await goOn.promise;
            return { words: job.id };
          },
        },
      ];
    };
    await using client = await openClient(server, { commands: [holding(recover)] });
    await server.told.first((event) => event.type === 'job.output' && event.offset === 4);
    expect(await server.list()).toMatchObject([{ id, state: 'accepted' }]);
    goOn.resolve();
    expect(await outcome).toMatchObject({ id, client: 'w1', outcome: 'completed', result: { words: id } });
    expect(Buffer.concat(((await server.output({ id, client: 'w1' })) ?? []).map(({ data }) => data)).toString()).toBe(
      'one two',
    );
    expect([asked, client.told.of('ended').map((event) => event.id)]).toEqual([['w1'], [id]]);
  });

  test('is lost when the next process does not find it', async () => {
    await using server = await openHolding();
    const { outcome } = await leaveRunning(server);
    await using _ = await openClient(server, { commands: [holding(() => [])] });
    expect(await outcome).toMatchObject({ outcome: 'lost', error: { message: 'w1 was restarted' } });
  });

  test('can be cancelled, and keeps its remaining time', async () => {
    await using server = await openHolding();
    const { id, outcome } = await leaveRunning(server);
    const untilEnded: Held['goOn'] = (job) =>
      new Promise((_, reject) => job.signal.addEventListener('abort', () => reject(job.signal.reason)));
    const recover = () => [{ id, timeoutMs: 1, goOn: untilEnded }];
    await using _ = await openClient(server, { commands: [holding(recover)] });
    expect(await outcome).toMatchObject({ outcome: 'failed', error: { code: 'deadline_exceeded' } });
  });

  test('is settled by a result that fits its contract, or fails', async () => {
    await using server = await openHolding();
    const { id, outcome } = await leaveRunning(server);
    const recover = () => [{ id, goOn: () => ({ words: 3 }) as unknown as { words: string } }];
    await using _ = await openClient(server, { commands: [holding(recover)] });
    expect(await outcome).toMatchObject({ outcome: 'failed', error: { code: 'bad_result' } });
  });
});

test('a job whose outcome the server has is ended and forgotten by a client that has found it again', async () => {
  await using server = await openHolding();
  const { id, outcome } = await leaveRunning(server);
  const ended = { id, goOn: () => ({ words: 'first' }) };
  {
    await using _ = await openClient(server, { commands: [holding(() => [ended])] });
    expect(await outcome).toMatchObject({ outcome: 'completed' });
  }
  const forgotten = Promise.withResolvers<void>();
  const goOn = async (job: JobContext) => {
    job.onForgotten(() => forgotten.resolve());
    if (!job.signal.aborted) await once(job.signal, 'abort');
    return { words: 'again' };
  };
  await using _ = await openClient(server, { commands: [holding(() => [{ id, goOn }])] });
  await forgotten.promise;
});

describe('a client that cannot determine which jobs are left', () => {
  test('reports this and stays offline until it can, so that no job is lost', async () => {
    await using server = await openHolding();
    const { id, outcome } = await leaveRunning(server);
    let attempts = 0;
    const recover = async (): Promise<Held[]> => {
      attempts += 1;
      if (attempts < 3) throw new Error('the engine is away');
      return [{ id, goOn: () => ({ words: 'at last' }) }];
    };
    await using client = await startClient(server, { commands: [holding(recover)] });
    expect(await outcome).toMatchObject({ outcome: 'completed', result: { words: 'at last' } });
    // The server may still hold the session of the earlier process when it dials.
    const errors = client.told
      .of('disconnected')
      .flatMap(({ error }) => (error.code === 'name_taken' ? [] : error.message));
    expect(errors).toEqual(Array(2).fill('recover of hold: the engine is away'));
  });

  test('can be closed while it searches, and recovers nothing more', async () => {
    await using server = await openHolding();
    const looking = Promise.withResolvers<AbortSignal>();
    const found = Promise.withResolvers<Held[]>();
    const recover = ({ signal }: Recovery) => {
      looking.resolve(signal);
      return found.promise;
    };
    const client = await startClient(server, { commands: [holding(recover)] });
    const signal = await looking.promise;
    const closed = client.close();
    found.resolve([{ id: 'aaaaaaaa.1', goOn: () => ({ words: 'never' }) }]);
    await closed;
    expect([signal.aborted, client.told.of('began')]).toEqual([true, []]);
  });
});

test('two commands that name the same job, or an invalid job, are refused', async () => {
  await using server = await openHolding();
  const goOn = () => ({ words: '' });
  const attempts = [['aaaaaaaa.1', 'aaaaaaaa.1'], ['none']].map((ids) => () => ids.map((id) => ({ id, goOn })));
  let attempt = 0;
  const recover = () => attempts[Math.min(attempt++, 1)]?.() ?? [];
  await using client = await startClient(server, { commands: [holding(recover)] });
  await client.told.first(() => client.told.of('disconnected').length === 2);
  expect(client.told.of('disconnected').map(({ error }) => error.message)).toEqual([
    'job aaaaaaaa.1 was recovered twice',
    "'none' is not the id of a job",
  ]);
});

test('recover is only for recoverable contracts, and gives the results of its contract', () => {
  const { recoverable: _, ...plain } = hold;
  const twice = () =>
    implement(defineCommand({ ...plain, name: 'brief', example: 'brief' }), () => ({ words: '' }), {
      recover: () => [],
    });
  expect(twice).toThrow(refusal('bad_usage'));
  expectTypeOf<Held['goOn']>().returns.resolves.toEqualTypeOf<{ words: string }>();
  // @ts-expect-error: the result does not match the contract
  implement(hold, () => ({ words: '' }), { recover: () => [{ id: 'aaaaaaaa.1', goOn: () => ({ words: 3 }) }] });
});
