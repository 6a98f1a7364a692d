import { once } from 'node:events';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { SignalboxError } from '../../schemas/errors.ts';
import type { ApiLimits } from '../../src/api/api-limits.ts';
import { serveApi } from '../../src/api/serve.ts';
import { type Event, type Interceptor, ping } from '../../src/index.ts';
import type { ConnectionNews, RemoteOptions } from '../../src/remote/remote-core.ts';
import { RemoteJobService } from '../../src/remote/remote-job-service.ts';
import { hang, openApi, say } from '../api/open-api.ts';
import { Changes } from '../support/changes.ts';
import { openPair } from '../support/library.ts';
import { joinSockets } from './join-sockets.ts';

/** A socket in front of the server's, whose connections can be interrupted. */
class Cable {
  readonly path: string;
  /** Where connections are forwarded to. */
  to: string;
  /** Answers of the server are held back. */
  isDeaf = false;
  private readonly sockets = new Set<Socket>();
  private server!: Server;

  constructor(folder: string, to: string) {
    this.path = join(folder, 'cable.sock');
    this.to = to;
  }

  async plug(): Promise<void> {
    this.server = createServer((near) => {
      const far = dial(this.to);
      for (const socket of [near, far]) this.sockets.add(socket);
      joinSockets(near, far, () => !this.isDeaf);
    });
    await once(this.server.listen(this.path), 'listening');
  }

  /** Interrupts all connections; new ones are refused until it is plugged in again. */
  async unplug(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

async function openOverCable(
  options: Partial<RemoteOptions> = {},
  { interceptors = [], limits = {} }: { interceptors?: readonly Interceptor[]; limits?: Partial<ApiLimits> } = {},
) {
  const open = await openApi({ interceptors, limits });
  const cable = new Cable(open.folder, open.paths.grpc);
  await cable.plug();
  const news: ConnectionNews[] = [];
  const changes = new Changes();
  const onNews = (one: ConnectionNews) => {
    news.push(one);
    changes.tell();
  };
  const remote = await RemoteJobService.connect({ path: cable.path, onNews, ...options });
  onTestFinished(async () => {
    await remote.close();
    await cable.unplug().catch(() => {});
  });
  const heard = (type: ConnectionNews['type']) => changes.until(() => news.find((one) => one.type === type));
  return { ...open, cable, remote, news, heard };
}

test('an interrupted connection loses no event, no output and no outcome, and duplicates none', async () => {
  const { server, remote, cable, heard, news } = await openOverCable();
  const [own, all] = [server.watch(), remote.watch()];
  const group = await remote.submit('w1', hang, {});
  await group.accepted;
  await cable.unplug();
  await heard('away');
  await (await server.submit('w1', say, { text: 'while it was away' })).outcomes;
  await server.signal(group.jobs, 'SIGINT');
  await (await server.submit('w1', say, { text: 'last' })).outcomes;
  await cable.plug();
  expect(await group.outcomes).toMatchObject([{ outcome: 'completed' }]);
  expect(news).toEqual([{ type: 'away' }, { type: 'back', isRestarted: false }]);

  const until = async (events: AsyncIterable<Event>) => {
    const told: Event[] = [];
    for await (const event of events) {
      told.push(event);
      if (event.type === 'job.settled' && event.number === 3) return told;
    }
    return told;
  };
  const [inProcess, overCable] = [await until(own), await until(all)];
  const seqs = (events: Event[]) => events.flatMap((event) => ('seq' in event ? [event.seq] : []));
  expect(seqs(overCable)).toEqual(seqs(inProcess));
  const text = (events: Event[]) =>
    events.map((event) => (event.type === 'job.output' ? `${event.number} ${Buffer.from(event.data)}` : '')).join('');
  expect(text(overCable)).toBe(text(inProcess));
});

test('output during the catch-up is complete, too', async () => {
  // Each message is full, so the server reads its log in many parts.
  const { server, remote, cable, heard } = await openOverCable({}, { limits: { maxMessageBytes: 500 } });
  const [own, all] = [server.watch(), remote.watch()];
  await cable.unplug();
  await heard('away');
  const work = async (text: string) => {
    const group = await server.submit('w1', say, { text });
    await group.outcomes;
    return group.number;
  };
  for (let at = 0; at < 200; at += 1) await work('x'.repeat(20_000));
  let shown = 0;
  let last = Number.POSITIVE_INFINITY;
  const outputOf = async (events: AsyncIterable<Event>, onEnd = (_: number): void => {}) => {
    const texts: string[] = [];
    for await (const event of events) {
      if (event.type === 'job.output') texts[event.number] = `${texts[event.number] ?? ''}${Buffer.from(event.data)}`;
      if (event.type !== 'job.settled') continue;
      onEnd(event.number);
      if (event.number === last) break;
    }
    return texts;
  };
  const told = outputOf(all, (number) => (shown = number));
  await cable.plug();
  await heard('back');
  for (const first = await work('meanwhile'); shown < first; ) await work('meanwhile');
  last = await work('last');
  expect(await told).toEqual(await outputOf(own));
});

test('a submission whose answer was lost is made once, and its key is new only the first time', async () => {
  const newness: unknown[] = [];
  const noting: Interceptor = (call, next) => {
    if (call.method === 'submit') newness.push(call.options.keyIsNew);
    return next(call);
  };
  const { server, remote, cable } = await openOverCable({}, { interceptors: [noting] });
  const sent = server.watch();
  cable.isDeaf = true;
  const submitted = remote.submit('w1', ping, {});
  const { value } = await sent.next();
  expect(value).toMatchObject({ type: 'job.submitted' });
  await cable.unplug();
  cable.isDeaf = false;
  await cable.plug();
  const group = await submitted;
  expect(await group.outcomes).toMatchObject([{ outcome: 'completed' }]);
  expect(await server.list()).toMatchObject([{ id: group.id }]);
  expect(newness).toEqual([true, false]);
});

test('a signal whose answer was lost may have been sent, so it is not sent again', async () => {
  const { server, remote, cable } = await openOverCable();
  const group = await remote.submit('w1', hang, {});
  await group.accepted;
  cable.isDeaf = true;
  const signalled = remote.signal(group.jobs, 'SIGINT').catch((error) => error.code);
  await await server.get({ id: group.id, client: 'w1' });
  await cable.unplug();
  expect(await signalled).toBe('unknown');
});

test('with a server with another log, the gap is reported, and jobs that it does not know are lost', async () => {
  const { remote, cable, heard, folder } = await openOverCable({ adoptMs: 0 });
  const group = await remote.submit('w1', hang, {});
  await group.accepted;
  await cable.unplug();
  const other = await openPair();
  onTestFinished(() => other[Symbol.asyncDispose]());
  const paths = { connect: join(folder, 'other.sock'), grpc: join(folder, 'other.grpc.sock') };
  const api = await serveApi(other.server, paths);
  onTestFinished(() => api[Symbol.asyncDispose]());
  for (let at = 0; at < 5; at += 1) await (await other.server.submit('all', ping, {})).outcomes;
  cable.to = paths.grpc;
  await cable.plug();
  await heard('missed');
  expect(await group.outcomes).toMatchObject([{ outcome: 'lost', error: { code: 'lost' } }]);
  expect(remote.bootId).toBe(other.server.bootId);
  const next = await remote.submit('all', ping, {});
  expect(await next.outcomes).toMatchObject([{ outcome: 'completed' }]);
});

test('if a server is away for too long, calls and `closed` end with `unknown`', async () => {
  const { remote, cable } = await openOverCable({ awayMs: 50 });
  await cable.unplug();
  expect(await remote.closed).toMatchObject({ code: 'unknown' });
  await expect(remote.list()).rejects.toMatchObject({ code: 'unknown' });
  await expect(remote.submit('w1', ping, {})).rejects.toMatchObject({ code: 'unknown' });
});

test('a job that the next server does not know yet is not lost, because its client may bring it', async () => {
  const { server, remote, cable, folder, news, heard } = await openOverCable();
  const group = await remote.submit('w1', hang, {});
  await group.accepted;
  const [{ id = '' } = {}] = group.jobs;
  const other = await openPair();
  onTestFinished(() => other[Symbol.asyncDispose]());
  let isKnown = false;
  const asked = new Changes();
  const get = vi.spyOn(other.server, 'get').mockImplementation(async (job) => {
    asked.tell();
    if (!isKnown) throw new SignalboxError('no_such_job', 'not yet');
    return {
      ...(await server.get({ id, client: 'w1' })),
      id: job.id,
      client: job.client,
      state: 'settled',
      outcome: 'completed',
    };
  });
  vi.spyOn(other.server, 'as').mockReturnValue(other.server);
  const paths = { connect: join(folder, 'other.sock'), grpc: join(folder, 'other.grpc.sock') };
  const api = await serveApi(other.server, paths);
  onTestFinished(() => api[Symbol.asyncDispose]());
  await cable.unplug();
  cable.to = paths.grpc;
  await cable.plug();
  await asked.until(() => get.mock.calls.length > 1 || undefined);
  isKnown = true;
  expect(await group.outcomes).toMatchObject([{ id, outcome: 'completed' }]);
  await heard('back');
  expect(news.map(({ type }) => type)).toEqual(['away', 'missed', 'back']);
});

test('a server that returns and fails at once counts as away all the time', async () => {
  const { remote, cable, folder } = await openOverCable({ awayMs: 2_000 });
  const other = await openPair();
  onTestFinished(() => other[Symbol.asyncDispose]());
  const commands = vi.spyOn(other.server, 'commands', 'get').mockImplementation(() => {
    void cable.unplug();
    return new Map();
  });
  vi.spyOn(other.server, 'as').mockReturnValue(other.server);
  const paths = { connect: join(folder, 'other.sock'), grpc: join(folder, 'other.grpc.sock') };
  const api = await serveApi(other.server, paths);
  onTestFinished(() => api[Symbol.asyncDispose]());
  cable.to = paths.grpc;
  await cable.unplug();
  await cable.plug();
  expect(await remote.closed).toMatchObject({ code: 'unknown' });
  expect(commands).toHaveBeenCalledOnce();
});

test('a server that hangs counts as away, and a call that waits for it is repeated', async () => {
  const { remote, cable, heard } = await openOverCable({ silentMs: 1_000 });
  cable.isDeaf = true;
  const listed = remote.list();
  await heard('away');
  cable.isDeaf = false;
  expect(await listed).toEqual([]);
  await heard('back');
});

test('connecting to a silent server ends with its signal, or with a timeout', async () => {
  const { cable } = await openOverCable();
  cable.isDeaf = true;
  const leaving = new AbortController();
  const given = RemoteJobService.connect({ path: cable.path }, leaving.signal);
  leaving.abort(new Error('enough'));
  await expect(given).rejects.toThrow('enough');
  await expect(RemoteJobService.connect({ path: cable.path, silentMs: 50 })).rejects.toMatchObject({
    code: 'cannot_connect',
  });
});

test('a server with too many callers refuses new ones, and an earlier caller reconnects when there is room', async () => {
  const { server, paths, folder } = await openApi({ limits: { maxFollowers: 1 } });
  const cable = new Cable(folder, paths.grpc);
  await cable.plug();
  const back = Promise.withResolvers<void>();
  const remote = await RemoteJobService.connect({
    path: cable.path,
    onNews: ({ type }) => type === 'back' && back.resolve(),
  });
  onTestFinished(async () => {
    await remote.close();
    await cable.unplug().catch(() => {});
  });
  const refused = { code: 'cannot_connect', message: expect.stringContaining('already') };
  await expect(RemoteJobService.connect({ path: paths.grpc })).rejects.toMatchObject(refused);
  await cable.unplug();
  const taking = () => RemoteJobService.connect({ path: paths.grpc }).catch(() => undefined);
  let other = await taking();
  while (!other) other = await taking();
  const asked = vi.spyOn(server, 'as');
  await cable.plug();
  await expect.poll(() => asked.mock.calls.length, { interval: 1, timeout: 10_000 }).toBeGreaterThan(0);
  await other.close();
  expect(await Promise.race([remote.closed, back.promise.then(() => 'back')])).toBe('back');
});

test('a path that is too long for a socket cannot be connected to', async () => {
  const path = `/tmp/${'x'.repeat(200)}.sock`;
  await expect(RemoteJobService.connect({ path })).rejects.toMatchObject({ code: 'cannot_connect' });
});

test('a call while the server is away waits for it, or ends with its signal', async () => {
  const { remote, cable, heard } = await openOverCable();
  await cable.unplug();
  await heard('away');
  const waiting = new AbortController();
  const given = remote.submit('w1', ping, {}, { signal: waiting.signal });
  const listed = remote.list();
  waiting.abort(new Error('enough'));
  await expect(given).rejects.toThrow('enough');
  await cable.plug();
  expect(await listed).toEqual([]);
});
