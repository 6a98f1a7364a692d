import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  type ClientOptions,
  defineCommand,
  implement,
  type JobContext,
  openSqliteStore,
  type Server,
} from '../../src/index.ts';
import { bootA, hello } from '../support/hello.ts';
import { openClient, openServer, startClient } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';
import { rawClient } from '../support/raw-client.ts';

const hold = defineCommand({
  name: 'hold',
  summary: 'Hold on until it is cancelled.',
  args: z.strictObject({}),
  result: z.null(),
  recoverable: true,
  example: 'hold',
});

const untilCancelled = (job: JobContext): Promise<null> =>
  once(job.signal, 'abort').then(() => Promise.reject(job.signal.reason));

/** The jobs that the next process of a client recovers. */
const takingUp = (...ids: string[]): Partial<ClientOptions> => ({
  commands: [
    implement(hold, (_, job) => untilCancelled(job), {
      recover: () => ids.map((id) => ({ id, goOn: untilCancelled })),
    }),
  ],
});

/** A job of w1 that is running when its process is killed, without a goodbye. */
async function leaveRunning(server: Server) {
  await using former = await rawClient(server.endpoint, hello({ bootId: bootA, state: 'ready', commands: ['hold'] }));
  await server.waitForClients(1);
  const [job] = (await server.submit('w1', hold, {})).jobs;
  if (!job) throw new Error('nothing was sent');
  await former.send({ type: 'accepted', id: job.id });
  await job.accepted;
  return job;
}

describe('a recoverable job whose client was killed', () => {
  test('is unreachable, and continues with the next process of the client', async () => {
    await using server = await openServer({ commands: [hold], lostAfterMs: 1 });
    const job = await leaveRunning(server);
    await server.told.first(({ type }) => type === 'job.unreachable');
    expect(await server.get(job)).toMatchObject({ state: 'unreachable' });
    await using _ = await openClient(server, takingUp(job.id));
    await server.told.first(({ type }) => type === 'job.reachable');
    await job.cancel();
    expect(await job.outcome).toMatchObject({ outcome: 'cancelled' });
  });

  test('is also unreachable at the next server over the store, and continues there', async () => {
    const path = join(newFolder(), 'x.db');
    let id = '';
    let endpoint = '';
    {
      await using store = await openSqliteStore({ path });
      await using server = await openServer({ commands: [hold], store });
      id = (await leaveRunning(server)).id;
      endpoint = server.endpoint;
    }
    await using store = await openSqliteStore({ path });
    await using server = await openServer({ commands: [hold], store, bind: endpoint, lostAfterMs: 1 });
    await server.told.first(({ type }) => type === 'job.unreachable');
    await using _ = await openClient(server, takingUp(id));
    await server.told.first(({ type }) => type === 'job.reachable');
    await server.cancel([{ id, client: 'w1' }]);
    expect(await server.told.first(({ type }) => type === 'job.settled')).toMatchObject({ outcome: 'cancelled' });
  });

  test('is lost when the recovery time is over, and can be cancelled when the client has returned with it', async () => {
    await using server = await openServer({ commands: [hold], lostAfterMs: 1, recoverWithinMs: 1 });
    const job = await leaveRunning(server);
    expect(await job.outcome).toMatchObject({ outcome: 'lost' });
    await using client = await openClient(server, takingUp(job.id));
    await client.told.first(({ type }) => type === 'began');
    await job.cancel();
    expect(await server.told.first(({ type }) => type === 'job.late')).toMatchObject({ outcome: 'cancelled' });
    expect(await server.get(job)).toMatchObject({ outcome: 'lost', late: { outcome: 'cancelled' } });
  });

  test('that was cancelled when it was lost is cancelled by its client as soon as that returns with it', async () => {
    const path = join(newFolder(), 'x.db');
    await using store = await openSqliteStore({ path });
    await using server = await openServer({ commands: [hold], store, lostAfterMs: 1, recoverWithinMs: 1 });
    const job = await leaveRunning(server);
    expect(await job.outcome).toMatchObject({ outcome: 'lost' });
    await server.cancel([job]);
    await using _ = await startClient(server, takingUp(job.id));
    expect(await server.told.first(({ type }) => type === 'job.late')).toMatchObject({ outcome: 'cancelled' });
  });

  test('that was lost at an earlier server over the store can be cancelled there before its client returns', async () => {
    const path = join(newFolder(), 'x.db');
    let job = { id: '', client: 'w1' };
    let endpoint = '';
    {
      await using store = await openSqliteStore({ path });
      await using server = await openServer({ commands: [hold], store, lostAfterMs: 1, recoverWithinMs: 1 });
      const left = await leaveRunning(server);
      await left.outcome;
      job = { id: left.id, client: left.client ?? '' };
      endpoint = server.endpoint;
    }
    await using store = await openSqliteStore({ path });
    await using server = await openServer({ commands: [hold], store, bind: endpoint });
    await server.cancel([job]);
    await using _ = await startClient(server, takingUp(job.id));
    expect(await server.told.first(({ type }) => type === 'job.late')).toMatchObject({ outcome: 'cancelled' });
  });

  test('of a server in memory is adopted by the next one, and can be cancelled there', async () => {
    const server = await openServer({ commands: [hold] });
    const { id } = await leaveRunning(server);
    await server.close();
    await using next = await openServer({ commands: [hold], bind: server.endpoint });
    await using _ = await openClient(next, takingUp(id));
    await next.told.first(({ type }) => type === 'job.accepted');
    await next.cancel([{ id, client: 'w1' }]);
    expect(await next.told.first(({ type }) => type === 'job.settled')).toMatchObject({ id, outcome: 'cancelled' });
  });
});
