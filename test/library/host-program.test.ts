import { expect, onTestFinished, test } from 'vitest';
import { context, Dealer, Router } from 'zeromq';
import { ping } from '../../src/index.ts';
import { openPair } from '../support/library.ts';

test("a program's own zeromq context keeps its settings, and its sockets work next to a server and a client", async () => {
  const { maxSockets, ioThreads, ipv6 } = context;
  const router = new Router();
  onTestFinished(() => router.close());
  await using pair = await openPair();
  await router.bind('tcp://127.0.0.1:*');
  const dealer = new Dealer();
  onTestFinished(() => dealer.close());
  dealer.connect(router.lastEndpoint ?? '');
  await dealer.send('own');
  expect((await router.receive()).at(-1)?.toString()).toBe('own');
  await expect((await pair.server.submit('w1', ping, {})).outcomes).resolves.toMatchObject([{ outcome: 'completed' }]);
  expect({ maxSockets: context.maxSockets, ioThreads: context.ioThreads, ipv6: context.ipv6 }).toEqual({
    maxSockets,
    ioThreads,
    ipv6,
  });
  expect(context.maxSockets).toBe(1_023);
});

test('two servers in one process, each with a client of the same name, do not affect each other', async () => {
  await using one = await openPair();
  await using other = await openPair();
  await expect((await one.server.submit('w1', ping, {})).outcomes).resolves.toMatchObject([{ outcome: 'completed' }]);
  expect(other.server.told.all.filter(({ type }) => type.startsWith('job.'))).toEqual([]);
  await one.server.close();
  await one.client.close();
  await expect((await other.server.submit('w1', ping, {})).outcomes).resolves.toMatchObject([{ outcome: 'completed' }]);
});
