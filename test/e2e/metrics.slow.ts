import { copyFileSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { FromClient } from '../../schemas/index.ts';
import { readCredentials } from '../../src/keys/credentials.ts';
import { type Connection, dial } from '../../src/wire/dial.ts';
import { freeEndpoint } from '../support/free-port.ts';
import { hello } from '../support/hello.ts';
import { createKeyFolder, proved } from '../support/key-folder.ts';
import { Program } from '../support/program.ts';
import { framesOf } from '../support/pulled.ts';
import { frameOf } from '../support/wire.ts';
import { curl, metricsUrl, noCurl, noParser, Scrape } from './prometheus.ts';

/** A server with keys, metrics, and an audit file. */
async function startKeyed(...clients: string[]) {
  await using stack = new AsyncDisposableStack();
  const keys = stack.use(createKeyFolder(...clients));
  const audit = join(keys.folder, '..', 'audit.log');
  const endpoint = await freeEndpoint();
  const watched = ['--metrics', ':0', '--audit', audit, '--output', 'json'];
  const times = ['--lost-after', '100ms', '--wait-clients', '0'];
  const flags = ['--keys', keys.folder, '--bind', endpoint, ...watched, ...times];
  const server = stack.use(new Program('server', ...flags));
  const url = await metricsUrl(server);
  // Metrics are served before the server is ready.
  await expect.poll(async () => (await curl(url)).body, { timeout: 15_000 }).toContain('signalbox_clients{');
  const opened = stack.move();
  return {
    keys,
    endpoint,
    server,
    url,
    audited: (): { event: string; allowed?: boolean }[] =>
      readFileSync(audit, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

beforeEach(({ skip }) => {
  skip(noCurl, 'curl is not installed');
});

describe('a scrape', () => {
  beforeEach(({ skip }) => {
    skip(noParser !== false, noParser || '');
  });

  test('has jobs by outcome, running and ended, clients by state, and output', async () => {
    const endpoint = await freeEndpoint();
    const flags = ['--metrics', ':0', '--lost-after', '300ms', '--output', 'json', '--keep-going'];
    await using server = new Program('server', '--bind', endpoint, ...flags);
    await using client = new Program('client', '--connect', endpoint, '--name', 'w1', '--ready');
    const url = await metricsUrl(server);
    server.type('ping', 'calculate 0.01 hello', 'calculate 600 x --timeout 50ms', 'wait');
    server.type('stop', 'ping', 'start', 'calculate 600 y', 'calculate 600 z');
    await server.line(/"accepted".*\.8"/);
    const running = await Scrape.of(url);
    expect(running.values('jobs_unsettled')).toEqual({ 'calculate/accepted': 2 });
    expect(running.values('clients')).toEqual({ ready: 1 });
    const known = running.samples.filter(({ name }) => /^signalbox_client_[a-z_]+_seconds$/.test(name));
    expect(known).toHaveLength(12);
    expect(known.filter(({ value }) => value === null || value < 0 || value >= 60)).toEqual([]);

    server.type('cancel 7');
    await server.line(/"outcome":"cancelled"/);
    client.child.kill('SIGSTOP');
    server.type('ping --expires 1ms');
    await server.line(/"state":"unresponsive"/);
    expect((await Scrape.of(url)).values('clients')).toEqual({ unresponsive: 1 });
    client.child.kill('SIGCONT');
    await server.line(/"outcome":"expired"/);
    client.child.kill('SIGKILL');
    await server.line(/"outcome":"lost"/);

    const ended = await Scrape.of(url);
    const counts: Record<string, number> = {};
    for (const { type, command, outcome = 'rejected' } of server.json) {
      if (type !== 'result' && type !== 'rejected') continue;
      counts[`${command}/${outcome}`] = (counts[`${command}/${outcome}`] ?? 0) + 1;
    }
    expect(ended.values('jobs_settled_total')).toEqual(counts);
    expect(counts).toEqual({
      'ping/completed': 1,
      'ping/rejected': 1,
      'ping/expired': 1,
      'calculate/completed': 1,
      'calculate/failed': 1,
      'calculate/cancelled': 1,
      'calculate/lost': 1,
      'start/completed': 1,
      'stop/completed': 1,
    });
    expect(ended.values('job_duration_seconds_count')).toEqual({
      'ping/completed': 1,
      'calculate/completed': 1,
      'calculate/failed': 1,
      'calculate/cancelled': 1,
    });
    expect(ended.values('job_output_bytes_total')).toEqual({ 'calculate/stdout': 'hello\n'.length });
    expect(ended.values('jobs_unsettled')).toEqual({});
    expect(ended.values('clients')).toEqual({ offline: 1 });
    expect(ended.values('sessions_total')).toEqual({ '': 1 });
    expect(ended.values('client_silence_seconds')).toEqual({});
    server.end();
    expect(await server.exitCode()).toBe(6);
  });

  test('counts refusals by place and reason, as often as the audit has them', async () => {
    await using scene = await startKeyed('w1', 'gone');
    const { keys, server, endpoint } = scene;
    const copy = join(keys.folder, '..', 'copy.json');
    copyFileSync(keys.of('gone'), copy);
    keys.store.revoke('gone');
    // Until then its key is valid, and a client that connects is heard and then disconnected.
    await expect.poll(() => scene.audited().map(({ event }) => event)).toContain('forgotten');
    const tries = [
      ['--credentials', copy],
      ['--credentials', keys.of('w1'), '--name', 'w9'],
    ];
    for (const credentials of tries) {
      await using client = new Program('client', '--connect', endpoint, ...credentials);
      await client.line(/trying again/);
    }
    const refused = () => {
      const records = scene.audited();
      return {
        'handshake/not_allowed': records.filter((one) => one.event === 'handshake' && !one.allowed).length,
        'hello/not_allowed': records.filter((one) => one.event === 'refused').length,
      };
    };
    // What a client sent before its end may still be in transit.
    await vi.waitFor(async () => expect((await Scrape.of(scene.url)).values('refusals_total')).toEqual(refused()));
    expect(Math.min(...Object.values(refused()))).toBeGreaterThan(0);
    server.end();
    expect(await server.exitCode()).toBe(0);
  });

  test('counts violations; unknown commands count as one, whatever names are sent', async () => {
    await using scene = await startKeyed('raw');
    const { server, url } = scene;
    const curve = readCredentials(scene.keys.of('raw'));
    const speak = async (...messages: FromClient[]): Promise<Connection> => {
      const connection = await dial(scene.endpoint, new AbortController().signal, curve);
      await connection.send(frameOf(...messages));
      return connection;
    };
    const job = { type: 'job', state: 'running', offsets: {} } as const;
    const claims = ['weird', 'odd'].map((command, at) => ({ ...job, id: `otherserver.${at + 1}`, command }));
    const greeting = proved(hello({ name: 'raw' }), scene.keys.of('raw'));
    await using raw = await speak(greeting, ...claims, { type: 'jobs-end', elsewhere: 0 });
    await server.line(/"client":"raw"/);
    expect((await Scrape.of(url)).values('jobs_unsettled')).toEqual({ 'other/accepted': 2 });
    await raw.send(Buffer.from('garbage'));
    await server.line(/"client":"raw","state":"offline"/);
    await using stranger = await speak();
    await stranger.send(Buffer.from('nonsense'));
    await framesOf(stranger).next();
    await server.line(/"id":"otherserver.2".*"lost"/);
    const scrape = await Scrape.of(url);
    expect(scrape.values('jobs_settled_total')).toEqual({ 'other/lost': 2 });
    expect(scrape.values('protocol_violations_total')).toEqual({ bad_message: 2 });
    expect(scene.audited().filter(({ event }) => event === 'violation')).toHaveLength(2);
    const commands = new Set(scrape.samples.flatMap(({ labels }) => labels.command ?? []));
    expect([...commands].toSorted()).toEqual(['calculate', 'other', 'ping', 'run', 'start', 'stop', 'terminate']);
  });

  test('matches the table in docs/operating.md: every name, type and label', async () => {
    await using server = new Program('server', '--bind', 'tcp://127.0.0.1:*', '--metrics', ':0');
    const { families } = await Scrape.of(await metricsUrl(server));
    const document = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');
    const [, part = ''] = /<!-- generated: metrics -->\n(.*?)\n<!-- \/generated -->/s.exec(document) ?? [];
    const rows = part.split('\n').slice(2);
    const table = rows.map((row) => row.split(' | ').map((cell) => cell.replaceAll(/^\| |[`]| \|$/g, '')));
    // The parser removes `_total` from the name of a counter.
    const nameOf = ({ name, type }: { name: string; type: string }) => (type === 'counter' ? `${name}_total` : name);
    const scraped = families.map((family) => [nameOf(family), family.type, family.help]);
    expect(table.map(([name, type, , help]) => [name, type, help]).toSorted()).toEqual(scraped.toSorted());
    const labels = new Map(table.map(([name, , cell = '']) => [name, cell.split(', ')]));
    const unknown = families.flatMap((family) =>
      family.samples
        .flatMap((sample) => Object.keys(sample.labels))
        .filter((label) => label !== 'le' && !labels.get(nameOf(family))?.includes(label)),
    );
    expect(unknown).toEqual([]);
  });
});

test('other paths are not found, other methods are not allowed', async () => {
  await using server = new Program('server', '--bind', 'tcp://127.0.0.1:*', '--metrics', ':0');
  const url = await metricsUrl(server);
  const status = async (...args: string[]) => (await curl('-o', '/dev/null', ...args)).status;
  expect(new URL(url).hostname).toBe('127.0.0.1');
  expect(await status(url)).toBe(200);
  expect(await status('--head', `${url}?x=1`)).toBe(200);
  expect(await status(url.replace('/metrics', '/'))).toBe(404);
  expect(await status(`${url}/x`)).toBe(404);
  expect(await status('-X', 'POST', url)).toBe(405);
  expect(await status('-X', 'DELETE', url)).toBe(405);
  server.end();
  expect(await server.exitCode()).toBe(0);
  await expect(curl(url)).rejects.toMatchObject({ code: 7 });
});

test('a port in use ends the server with 8 and advice', async () => {
  await using first = new Program('server', '--bind', 'tcp://127.0.0.1:*', '--metrics', ':0', '-c', 'sleep 1h');
  const url = await metricsUrl(first);
  const at = new URL(url).host;
  await using second = new Program('server', '--bind', 'tcp://127.0.0.1:*', '--metrics', at, '-c', 'ping');
  expect(await second.exitCode()).toBe(8);
  expect(second.err).toEqual([
    `signalbox: cannot serve metrics on ${url}: address already in use; stop the other program, or give --metrics another port`,
  ]);
  expect((await curl(url)).status).toBe(200);
});

test.each([
  ['that is none', '9464', 2],
  ['of another machine', '192.0.2.1:0', 8],
])('an address %s, %s, ends the server with %i', async (_, address, exitCode) => {
  await using server = new Program('server', '--bind', 'tcp://127.0.0.1:*', '--metrics', address, '-c', 'ping');
  expect(await server.exitCode()).toBe(exitCode);
});

test('scrapers that hang are disconnected: commands run meanwhile, and a later scrape is answered', async () => {
  const flags = ['--spawn', '1', '--metrics', ':0', '--output', 'json'];
  await using server = new Program('server', ...flags);
  const url = await metricsUrl(server);
  const port = Number(new URL(url).port);
  const hanging: Socket[] = Array.from({ length: 100 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  onTestFinished(() => {
    for (const socket of hanging) socket.destroy();
  });
  const ended = hanging.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  for (const [at, socket] of hanging.entries()) {
    // Some send nothing, some send half a request, and some keep requesting and never read.
    if (at % 3 === 1) socket.write('GET /metrics HTTP/1.1\r\nHost: ');
    if (at % 3 === 2) socket.pause().write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1_000));
  }
  server.type('start', 'ping', 'wait');
  await server.line(/"result".*"ping".*"completed"/);
  await expect.poll(() => curl(url).catch(() => undefined), { timeout: 15_000 }).toMatchObject({ status: 200 });
  for (const socket of hanging) socket.resume();
  await Promise.all(ended);
  server.end();
  expect(await server.exitCode()).toBe(0);
});
