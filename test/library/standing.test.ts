import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineCommand, implement, type JobEvent } from '../../src/index.ts';
import { openServer, startClient } from '../support/library.ts';
import { LinkProxy } from '../support/proxy.ts';

const serve = defineCommand({
  name: 'serve',
  summary: 'Serve until it is let go.',
  args: z.strictObject({}),
  result: z.literal('served'),
  standing: true,
  example: 'serve',
});

test('a standing job is unreachable while its client stays away, and continues when it is back', async () => {
  const letGo = Promise.withResolvers<'served'>();
  await using server = await openServer({ commands: [serve], lostAfterMs: 1 });
  await using line = await LinkProxy.start(Number(server.endpoint.split(':').at(-1)));
  const endpoint = `tcp://127.0.0.1:${line.port}`;
  await using _ = await startClient({ endpoint }, { commands: [implement(serve, () => letGo.promise)] });
  await server.waitForClients(1);
  const [job] = (await server.submit('w1', serve, {})).jobs;
  if (!job) throw new Error('nothing was sent');
  const events: JobEvent['type'][] = [];
  const read = (async () => {
    for await (const { type } of job.events) events.push(type);
  })();
  await job.accepted;
  line.refuse();
  line.cut('rst');
  await server.told.first(({ type }) => type === 'job.unreachable');
  expect(await server.get(job)).toMatchObject({ state: 'unreachable', standing: true });
  expect(await server.list({ state: 'running' })).toEqual([]);
  await line.accept();
  await server.told.first(({ type }) => type === 'job.reachable');
  expect(await server.get(job)).toMatchObject({ state: 'accepted' });
  letGo.resolve('served');
  expect(await job.outcome).toMatchObject({ outcome: 'completed', result: 'served' });
  await read;
  expect(events).toEqual(['job.accepted', 'job.unreachable', 'job.reachable', 'job.settled']);
});

test('a job that is standing by its arguments is standing for the next server, too, even if that does not know its command', async () => {
  const some = { ...serve, name: 'serve-some', standing: () => true, example: 'serve-some' } as const;
  const letGo = Promise.withResolvers<'served'>();
  await using first = await openServer({ commands: [some] });
  await using _ = await startClient(first, { commands: [implement(some, () => letGo.promise)] });
  await first.waitForClients(1);
  const [job] = (await first.submit('w1', some, {})).jobs;
  await job?.accepted;
  await first.close();
  await using second = await openServer({ bind: first.endpoint });
  await second.told.first(({ type }) => type === 'job.accepted');
  expect(await second.list()).toMatchObject([{ command: 'serve-some', adopted: true, standing: true }]);
  letGo.resolve('served');
});
