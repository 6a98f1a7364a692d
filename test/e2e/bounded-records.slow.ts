import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { dial } from '../../src/wire/dial.ts';
import { listen } from '../../src/wire/listener.ts';
import { LetIn } from '../server/hostile-scene.ts';
import { freeEndpoint } from '../support/free-port.ts';
import { newFolder } from '../support/new-folder.ts';
import { Program } from '../support/program.ts';
import { arrivalsOf } from '../support/pulled.ts';
import { frameOf, welcomeOf } from '../support/wire.ts';
import { curl, metricsUrl, noCurl } from './prometheus.ts';

type FileRecord = Record<string, unknown>;

/** How many events these records describe. */
const factsIn = (records: readonly FileRecord[]): number =>
  records.reduce((sum, { count = 1 }) => sum + Number(count), 0);

/** A server without keys that writes every kind of record. */
async function start() {
  const folder = newFolder();
  const [log, audit, endpoint] = [join(folder, 'log'), join(folder, 'audit'), await freeEndpoint()];
  const flags = ['--log', log, '--audit', audit, '--metrics', ':0'];
  const server = new Program('server', '--bind', endpoint, ...flags);
  const url = await metricsUrl(server);
  await expect.poll(async () => (await curl(url)).body, { timeout: 50_000 }).toContain('signalbox_clients{');
  return {
    server,
    letIn: async () => new LetIn(await dial(endpoint, new AbortController().signal), undefined),
    /** The sum of a metric over its labels. */
    async counted(name: string): Promise<number> {
      const lines = (await curl(url)).body.split('\n').filter((line) => line.startsWith(`signalbox_${name}`));
      return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    },
    /** Audit records of this event, and records that count suppressed ones. */
    audited: (event: string) => recordsOf(audit).filter((one) => one.event === event || one.of === event),
    /** The same for the log. */
    logged: (msg: string, of: string) =>
      recordsOf(log).filter((one) => one.msg === msg || (one.msg === 'left out' && one.of === of)),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Until its connection ends. The server stays responsive however long the rest takes. */
async function answerHeartbeats(client: LetIn): Promise<never> {
  for (;;) {
    const { seq } = await client.next('heartbeat');
    await client.connection.send(frameOf({ type: 'heartbeat-ack', seq, state: 'ready', lagMs: 0 }));
  }
}

const recordsOf = (path: string): FileRecord[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

beforeEach(({ skip }) => {
  skip(noCurl, 'curl is not installed');
});

test('records about a client that joins and breaks the rules in a loop are limited, then counted; metrics count each time', async () => {
  await using scene = await start();
  const times = 400;
  for (let left = times; left > 0; left -= 1) {
    await using client = await scene.letIn();
    await client.connection.send(frameOf(client.hello));
    await client.connection.send(Buffer.from('garbage'));
    expect(await client.next('refused')).toMatchObject({ error: { code: 'bad_message' } });
  }
  expect(await scene.counted('protocol_violations_total')).toBe(times);
  expect(await scene.counted('sessions_total')).toBe(times);
  scene.server.end();
  expect(await scene.server.exitCode()).toBe(0);
  for (const event of ['joined', 'left', 'violation']) {
    const records = scene.audited(event);
    expect(factsIn(records)).toBe(times);
    expect(records.length).toBeLessThan(times / 2);
    // The last one may belong to the next window.
    const counted = { event: 'left-out', of: event, client: 'mallory', ts: expect.any(Number) };
    expect(records).toContainEqual(expect.objectContaining(counted));
  }
  for (const [msg, of] of [
    ['client joined', 'joined'],
    ['client left', 'left'],
    ['protocol violated', 'violation'],
  ] as const) {
    const records = scene.logged(msg, of);
    expect(factsIn(records)).toBe(times);
    expect(records.length).toBeLessThan(times / 2);
    const counted = { level: 'warn', msg: 'left out', of, client: 'mallory' };
    expect(records).toContainEqual(expect.objectContaining(counted));
  }
});

test('records are limited for a client that keeps using a taken name, and for one that keeps changing its state', async () => {
  await using scene = await start();
  const times = 400;
  await using owner = await scene.letIn();
  await owner.greet();
  void answerHeartbeats(owner).catch(() => {});
  for (let left = times; left > 0; left -= 1) {
    await using other = await scene.letIn();
    await other.connection.send(frameOf({ ...other.hello, bootId: 'otherother' }));
    expect(await other.next('refused')).toMatchObject({ error: { code: 'name_taken' } });
  }
  const states = Array.from(
    { length: times },
    (_, at) => ({ type: 'state', state: at % 2 ? 'ready' : 'unready' }) as const,
  );
  await owner.connection.send(frameOf(...states));
  await owner.connection.send(frameOf({ type: 'goodbye', reason: 'enough' }));
  await expect.poll(() => scene.audited('left'), { timeout: 50_000 }).toHaveLength(1);
  expect(await scene.counted('refusals_total')).toBe(times);
  scene.server.end();
  expect(await scene.server.exitCode()).toBe(0);
  const refused = scene.audited('refused');
  expect(factsIn(refused)).toBe(times);
  expect(refused.length).toBeLessThan(50);
  const counted = { event: 'left-out', client: 'mallory', code: 'name_taken' };
  expect(refused).toContainEqual(expect.objectContaining(counted));
  // The first change: it is ready when it joins.
  const changes = scene.logged('client state', 'client state');
  expect(factsIn(changes)).toBe(times + 1);
  expect(changes.length).toBeLessThan(times / 2);
});

test('a server that keeps starting and stopping its client floods neither the log nor the terminal', async () => {
  const log = join(newFolder(), 'log');
  await using listener = await listen('tcp://127.0.0.1:*');
  await using client = new Program('client', '--connect', listener.endpoint, '--name', 'w1', '--log', log);
  const { value: hello } = await arrivalsOf(listener).next();
  const boot = 'mallorymallory';
  const changes = 600;
  const names = Array.from({ length: changes }, (_, at) => (at % 2 ? 'stop' : 'start'));
  const commands = [...names, 'terminate'];
  await listener.send(
    hello?.peer ?? '',
    frameOf(
      welcomeOf(boot),
      ...commands.map((name, at) => ({ type: 'command', id: at + 1, name, args: {}, sentMs: 0 }) as const),
    ),
  );
  expect(await client.exitCode()).toBe(0);
  const said = client.err.filter((line) => /is (un)?ready/.test(line));
  expect(said.length).toBeLessThanOrEqual(202);
  expect(said.slice(-2)).toEqual(['w1 is ready (200 times more)', 'w1 is unready (200 times more)']);
  const records = recordsOf(log).filter(({ msg, state, of }) => /ready/.test(String(msg === 'state' ? state : of)));
  expect(factsIn(records)).toBe(changes);
  expect(records.length).toBeLessThanOrEqual(202);
});
