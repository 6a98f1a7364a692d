import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineCommand, implement, JobFailure, openSqliteStore } from '../../src/index.ts';
import { createCommandChannel } from '../../src/notify/channels/command.ts';
import { createMailChannel } from '../../src/notify/channels/mail.ts';
import { createWebhook } from '../../src/notify/channels/webhook.ts';
import { Notify } from '../../src/notify/notify.ts';
import { createRules } from '../../src/notify/rule.ts';
import type { Channel } from '../../src/plugin/channel.ts';
import { callNotify, type HistoryRow } from '../../src/plugin/notify-calls.ts';
import { Authority } from '../../src/tls/authority.ts';
import { Changes } from '../support/changes.ts';
import { openClient, openServer } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';
import { MailBox, password } from './support/mail-box.ts';
import { MovedClock } from './support/moved-clock.ts';
import { Receiver, secret, status } from './support/receiver.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** For receivers that take too long; without it they have 10 s. */
const timeoutMs = 100;

const work = defineCommand({
  name: 'work',
  summary: 'Work, or fail.',
  args: z.strictObject({ text: z.string() }),
  result: z.null(),
  example: 'work x',
});

/** A TCP server that answers each connection in its own way. */
async function openTcp(answer: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    answer(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Bytes of a header that never ends, repeatedly. */
function drip(socket: Socket): void {
  socket.resume().write('HTTP/1.1 200 OK\r\nx-slow: ');
  const timer = setInterval(() => socket.write('x'), 10);
  socket.on('close', () => clearInterval(timer));
}

/** A body that never ends. */
function flood(socket: Socket): void {
  socket.once('data', () => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
    const more = () => {
      while (!socket.destroyed && socket.write(`10000\r\n${'x'.repeat(65_536)}\r\n`)) {}
      socket.once('drain', more);
    };
    more();
  });
}

test('each bad receiver is retried or given up according to its answer, while a healthy receiver and a job are not affected', async () => {
  await using stack = new AsyncDisposableStack();
  const [healthy, slow, broken, gone, moved, trap] = await Promise.all(
    Array.from({ length: 6 }, () => Receiver.open()),
  ).then((all) => all.map((one) => stack.use(one)) as [Receiver, Receiver, Receiver, Receiver, Receiver, Receiver]);
  slow.answer = () => {};
  broken.answer = status(500);
  gone.answer = status(410);
  moved.answer = status(307, { location: trap.url });
  const dead = await Receiver.open();
  const { port, url: deadUrl } = dead;
  await dead[Symbol.asyncDispose]();
  const dripping = stack.use(await openTcp(drip));
  const flooding = stack.use(await openTcp(flood));
  const switching = stack.use(
    await openTcp((socket) => {
      socket.on('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
      );
    }),
  );
  const { certificate: cert, key } = await (await Authority.create()).issue({
    ...{ name: 'box', hosts: ['127.0.0.1'], days: 1 },
  });
  let tlsRequests = 0;
  const untrusted = createHttpsServer({ cert, key }, () => {
    tlsRequests += 1;
  }).listen(0, '127.0.0.1');
  stack.defer(async () => {
    untrusted.closeAllConnections();
    await new Promise((resolve) => untrusted.close(resolve));
  });
  await once(untrusted, 'listening');
  const box = stack.use(await MailBox.open());
  box.refused.add('ops@example.org');
  const smtp = { host: '127.0.0.1', port: box.port, ca: box.ca, from: 'box@example.org', password };

  const hook = (url: string) => createWebhook({ url, secret });
  const impatient = (url: string) => createWebhook({ url, secret, timeoutMs });
  const folder = newFolder();
  const channels = new Map<string, Channel>([
    ['slow', impatient(slow.url)],
    ['dripping', impatient(dripping.url)],
    ['dead', hook(deadUrl)],
    ['broken', hook(broken.url)],
    ['gone', hook(gone.url)],
    ['moved', hook(moved.url)],
    ['switching', hook(switching.url)],
    ['untrusted', hook(`https://127.0.0.1:${(untrusted.address() as AddressInfo).port}/hook`)],
    ['flooding', hook(flooding.url)],
    ['refusing', await createMailChannel({ ...smtp, to: ['ops@example.org'] })],
    ['failing', createCommandChannel({ run: ['sh', '-c', 'echo no >&2; exit 3'], cwd: folder, env: process.env })],
    // Its first attempt does not end in this test.
    ['stuck', { about: 'stuck', send: (_, { signal }) => once(signal, 'abort').then(() => {}) }],
    // The last one: no earlier receiver may delay it.
    ['healthy', hook(healthy.url)],
  ]);

  const clock = new MovedClock();
  const changes = new Changes();
  const store = stack.use(await openSqliteStore({ path: join(folder, 'store.db') }));
  const notify = new Notify();
  const server = stack.use(await openServer({ store, commands: [work], methods: notify.methods }));
  stack.use(notify);
  const rules = createRules(
    [{ on: ['job.settled'], outcome: ['failed'], to: [...channels.keys()], groupWait: '0s', groupInterval: '0s' }],
    new Map(),
  );
  notify.start(
    {
      ...{ server, log: store, groups: new Map(), lostAfterMs: hourMs, clock, random: () => 0.5, warn: () => {} },
      onAttempt: () => queueMicrotask(changes.tell),
    },
    { rules, channels },
  );
  const released = Promise.withResolvers<void>();
  const workCommand = implement(work, async ({ text }) => {
    if (text === 'bad') throw new JobFailure('no luck', null);
    if (text === 'long') await released.promise;
    return null;
  });
  stack.use(await openClient(server, { name: 'w1', commands: [workCommand] }));
  const states = () => notify.running?.outbox.states ?? [];
  /** Each channel is empty, or waits for a later time. */
  const allRest = () =>
    changes.until(() =>
      states().every(
        ({ name, waiting, notBeforeMs }) => name === 'stuck' || waiting === 0 || notBeforeMs > clock.now(),
      ),
    );
  const pass = async (ms: number) => {
    clock.move(ms);
    await allRest();
  };
  const history = async () => await callNotify(server, 'history', {});
  const deliveriesOf = (rows: readonly HistoryRow[], name: string) => rows.map(({ deliveries }) => deliveries[name]);

  const long = await server.submit('w1', work, { text: 'long' });
  for (let round = 1; round <= 3; round += 1) {
    await (await server.submit('w1', work, { text: 'bad' })).outcomes;
    await healthy.until(round);
  }
  const ids = healthy.received.map(({ headers }) => String(headers['webhook-id']));
  expect(new Set(ids).size).toBe(3);
  await allRest();
  await changes.until(() => states().find(({ name }) => name === 'gone')?.closed);
  const tried = await history();
  const errors = Object.fromEntries(
    [...channels.keys()].map((name) => {
      const oldest = deliveriesOf(tried, name).at(-1);
      return [name, [oldest?.state, oldest?.attempts, oldest?.error]];
    }),
  );
  expect(errors).toEqual({
    slow: ['waiting', 1, 'no answer within 0.1 s'],
    dripping: ['waiting', 1, 'no answer within 0.1 s'],
    dead: ['waiting', 1, expect.stringContaining('ECONNREFUSED')],
    broken: ['waiting', 1, 'it answered 500'],
    // It accepts nothing more: its pending messages are given up at once.
    gone: ['given-up', 1, 'it answered 410 (gone)'],
    moved: ['waiting', 1, 'it answered 307, and redirects are not followed'],
    switching: ['waiting', 1, 'it closed the connection without an answer'],
    untrusted: ['waiting', 1, expect.stringContaining('certificate')],
    flooding: ['delivered', 1, undefined],
    refusing: ['waiting', 1, expect.stringContaining('no such box')],
    failing: ['waiting', 1, 'it ended with exit code 3: no'],
    stuck: ['waiting', 0, undefined],
    healthy: ['delivered', 1, undefined],
  });

  // One hour, in which each is tried about ten times.
  for (let minute = 0; minute < 60; minute += 1) await pass(minuteMs);
  for (const name of ['slow', 'dripping', 'dead', 'broken', 'moved', 'switching', 'untrusted', 'refusing', 'failing']) {
    expect(states().find((one) => one.name === name)).toMatchObject({ waiting: 3, failures: 10, closed: undefined });
  }
  expect([gone.received.length, trap.received.length, tlsRequests, healthy.received.length]).toEqual([1, 0, 0, 3]);

  // The dead one is back: it gets each message once, unchanged.
  const back = stack.use(await Receiver.open(port));
  await pass(hourMs);
  await back.until(3);
  const contents = ({ received }: Receiver) =>
    received.map(({ headers, body }) => [headers['webhook-id'], body]).sort();
  expect(contents(back)).toEqual(contents(healthy));
  expect(states().find(({ name }) => name === 'dead')).toMatchObject({ waiting: 0, failures: 0 });

  // After a day the others are given up, with the reason.
  await pass(24 * hourMs);
  for (let hour = 0; hour < 5; hour += 1) await pass(2 * hourMs);
  const last = await history();
  for (const name of ['slow', 'dripping', 'broken', 'moved', 'switching', 'untrusted', 'refusing', 'failing', 'gone']) {
    expect(deliveriesOf(last, name).map((one) => one?.state)).toEqual(['given-up', 'given-up', 'given-up']);
  }
  for (const name of ['healthy', 'flooding', 'dead']) {
    expect(deliveriesOf(last, name).map((one) => one?.state)).toEqual(['delivered', 'delivered', 'delivered']);
  }
  expect(new Set(broken.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set(ids));
  expect([trap.received.length, healthy.received.length, back.received.length]).toEqual([0, 3, 3]);

  // The job has run during all of this.
  expect((await server.list()).find(({ number }) => number === 1)).toMatchObject({ state: 'accepted' });
  released.resolve();
  expect(await long.outcomes).toMatchObject([{ outcome: 'completed' }]);
});
