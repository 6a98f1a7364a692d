// Over 250 lines: tests of one option, which read the spans of the same collector.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { freeEndpoint } from '../support/free-port.ts';
import { newFolder } from '../support/new-folder.ts';
import { ChildProgram } from '../support/program.ts';
import { type ExportedSpan, startCollector } from './collector.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const pipeline = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** The program, with these variables and no other OpenTelemetry variables. */
const start = (env: Record<string, string>, ...args: string[]) =>
  new ChildProgram('env', [
    '--unset=TRACEPARENT',
    ...Object.entries({ OTEL_BSP_SCHEDULE_DELAY: '50', ...env }).map(([name, value]) => `${name}=${value}`),
    process.execPath,
    main,
    ...args,
  ]);

const ofServer = ({ service }: ExportedSpan) => service === 'signalbox-server';
const ofClient = ({ service }: ExportedSpan) => service === 'signalbox-client';
/** Ordered by line: two spans can start in one millisecond. */
const inOrder = (spans: readonly ExportedSpan[]) => spans.toSorted((a, b) => lineOf(a) - lineOf(b));
const lineOf = ({ attributes }: ExportedSpan) => Number(String(attributes['signalbox.job.id']).split('.')[1]);
const traceparentOf = ({ traceId, spanId }: ExportedSpan) => `00-${traceId}-${spanId}-01`;

test('a command is a span of the server that contains one of its client, and programs started by run receive its context', async () => {
  await using collector = await startCollector();
  const endpoint = `ipc://${newFolder()}/server.sock`;
  const traces = ['--traces', collector.url];
  await using server = start({}, 'server', '--bind', endpoint, ...traces, '--output', 'json');
  const at = ['--connect', endpoint, '--name', 'w1', '--ready', '--allow', 'run,ping'];
  await using client = start({ SIGNALBOX_TRACES: collector.url }, 'client', ...at);
  server.type('run printenv TRACEPARENT', 'wait');
  server.type('run --env TRACEPARENT=own printenv TRACEPARENT', 'wait', 'terminate').end();
  expect([await server.exitCode(), await client.exitCode()]).toEqual([0, 0]);

  const [sent, again, terminated] = inOrder(collector.spans.filter(ofServer));
  const [ran, alike] = inOrder(collector.spans.filter(ofClient));
  expect(collector.spans).toHaveLength(5);
  const [id, , terminatedId] = new Set(server.json.flatMap((line) => line.id ?? []));
  const attributes = {
    'signalbox.command': 'run',
    'signalbox.job.id': id,
    'signalbox.client': 'w1',
    'signalbox.outcome': 'completed',
  };
  expect(sent).toMatchObject({ name: 'run', kind: 3, parentSpanId: undefined, attributes, status: 0 });
  expect(sent?.events).toEqual(['accepted']);
  expect(ran).toMatchObject({ name: 'run', kind: 2, traceId: sent?.traceId, attributes, status: 0 });
  expect([ran?.parentSpanId, alike?.parentSpanId]).toEqual([sent?.spanId, again?.spanId]);
  expect(terminated).toMatchObject({ name: 'terminate', attributes: { 'signalbox.job.id': terminatedId } });
  expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(3);
  expect(server.about('output', 'run').map(({ data }) => data)).toEqual([`${ran && traceparentOf(ran)}\n`, 'own\n']);
  for (const { startMs, endMs } of collector.spans) expect(endMs).toBeGreaterThanOrEqual(startMs);
  expect(sent?.resource).toMatchObject({ 'service.version': '0.2.0', 'process.pid': server.child.pid });
  expect(new Set(collector.requests.map(({ path }) => path))).toEqual(new Set(['/v1/traces']));
});

test('a command to several clients is one trace: a span of the line with the spans of its jobs and clients', async () => {
  await using collector = await startCollector();
  await using server = start({}, 'server', '--spawn', '2', '--traces', collector.url, '-c', 'start; ping');
  expect(await server.exitCode()).toBe(0);
  const pings = collector.spans.filter(({ name }) => name === 'ping');
  const [line] = pings.filter(({ attributes }) => attributes['signalbox.clients'] === 2);
  const inLine = pings.filter(({ parentSpanId }) => parentSpanId === line?.spanId);
  expect(pings).toHaveLength(5);
  expect(line).toMatchObject({ service: 'signalbox-server', parentSpanId: undefined, status: 0 });
  const owners = inLine.map(({ service, attributes }) => [service, attributes['signalbox.client']].join(' '));
  const both = ['signalbox-client w1', 'signalbox-client w2', 'signalbox-server w1', 'signalbox-server w2'];
  expect(owners.toSorted()).toEqual(both);
  expect(new Set(pings.map(({ traceId }) => traceId)).size).toBe(1);
});

test('a span has the outcome with its code; all outcomes except completed and cancelled are failures', async () => {
  await using collector = await startCollector();
  const endpoint = await freeEndpoint();
  const flags = ['--lost-after', '300ms', '--output', 'json', '--keep-going'];
  await using server = start({}, 'server', '--bind', endpoint, '--traces', collector.url, ...flags);
  await using client = start({}, 'client', '--connect', endpoint, '--name', 'w1', '--ready');
  server.type('calculate 600 x --timeout 50ms', 'wait', 'stop', 'ping', 'start', 'calculate 600 y', 'calculate 600 z');
  await server.line(/"accepted".*\.6"/);
  server.type('cancel 5');
  await server.line(/"outcome":"cancelled"/);
  client.child.kill('SIGSTOP');
  server.type('ping --expires 1ms');
  await server.line(/"state":"unresponsive"/);
  client.child.kill('SIGCONT');
  await server.line(/"outcome":"expired"/);
  client.child.kill('SIGKILL');
  server.end();
  expect(await server.exitCode()).toBe(6);
  const ends = inOrder(collector.spans);
  expect(
    ends.map(({ name, status, attributes }) => [
      name,
      attributes['signalbox.outcome'],
      attributes['error.type'],
      status,
    ]),
  ).toEqual([
    ['calculate', 'failed', 'deadline_exceeded', 2],
    ['stop', 'completed', undefined, 0],
    ['ping', 'rejected', 'not_ready', 2],
    ['start', 'completed', undefined, 0],
    ['calculate', 'cancelled', 'cancelled', 0],
    ['calculate', 'lost', 'lost', 2],
    ['ping', 'expired', 'expired', 2],
  ]);
});

test.each([
  ['a valid one', pipeline, '0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'],
  ['one that is none', `${pipeline}-more`, expect.not.stringContaining('0af7'), undefined],
])('TRACEPARENT of the server is the parent of its jobs: %s', async (_, TRACEPARENT, traceId, parentSpanId) => {
  await using collector = await startCollector();
  await using server = start(
    { TRACEPARENT, SIGNALBOX_TRACES: collector.url },
    'server',
    '--spawn',
    '1',
    '-c',
    'start; ping',
  );
  expect(await server.exitCode()).toBe(0);
  const sent = collector.spans.filter(ofServer);
  expect(sent.map((span) => span.name).toSorted()).toEqual(['ping', 'start']);
  for (const span of sent) expect(span).toMatchObject({ traceId, parentSpanId });
});

test('no argument, no output and no error text is exported', async () => {
  await using collector = await startCollector();
  const script = [
    'start',
    'run --env TOKEN=hunter2 -- sh -c "echo hunter2; exit 3"',
    'calculate 0 hunter2',
    'run /hunter2',
  ];
  const flags = ['--spawn', '1', '--keep-going', '--traces', `${collector.url}/v1/traces`];
  await using server = start({}, 'server', ...flags, '-c', script.join('; '));
  expect(await server.exitCode()).toBe(4);
  expect(collector.spans).toHaveLength(7);
  expect(JSON.stringify(collector.requests)).not.toContain('hunter2');
});

test('standard variables configure the exporter, and nothing is exported without --traces', async () => {
  await using collector = await startCollector();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer t0ken',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    OTEL_SERVICE_NAME: 'night',
  };
  const script = ['--spawn', '1', '-c', 'start; ping'];
  await using silent = start(env, 'server', ...script);
  expect(await silent.exitCode()).toBe(0);
  expect(collector.requests).toEqual([]);
  await using server = start(env, 'server', ...script, '--traces', collector.url);
  expect(await server.exitCode()).toBe(0);
  expect(collector.spans).toHaveLength(3);
  for (const { resource } of collector.spans) {
    expect(resource).toMatchObject({ 'service.name': 'night', 'deployment.environment.name': 'test' });
  }
  expect(new Set(collector.requests.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer t0ken']));
});

test('a server that ends before its jobs exports what it has of them; jobs that continue end in the same trace', async () => {
  await using collector = await startCollector();
  const endpoint = await freeEndpoint();
  const traces = ['--traces', collector.url];
  await using client = start({}, 'client', '--connect', endpoint, '--name', 'w1', '--ready', ...traces);
  await using server = start({}, 'server', '--bind', endpoint, '--output', 'json', ...traces);
  server.type('calculate 600 x');
  await server.line(/"accepted"/);
  server.child.kill('SIGTERM');
  expect(await server.exitCode()).toBe(143);
  const [sent] = collector.spans;
  expect(sent).toMatchObject({ name: 'calculate', status: 0, events: ['accepted'] });
  expect(sent?.attributes).not.toHaveProperty('signalbox.outcome');
  client.child.kill('SIGTERM');
  expect(await client.exitCode()).toBe(0);
  expect(collector.spans[1]).toMatchObject({
    service: 'signalbox-client',
    parentSpanId: sent?.spanId,
    attributes: { 'signalbox.outcome': 'cancelled' },
  });
});

describe('a collector that', () => {
  /** A server and its client, with the longest timeouts for the collector, and their output. */
  async function run(url: string) {
    const log = join(newFolder(), 'log');
    const script = 'start; ping; calculate 0 hi; calculate 600 x --timeout 10ms';
    const flags = ['--spawn', '1', '--keep-going', '--log', log];
    const env = { OTEL_EXPORTER_OTLP_TIMEOUT: '3600000' };
    await using server = start(env, 'server', ...flags, '--traces', url, '-c', script);
    const exitCode = await server.exitCode();
    const records = readFileSync(log, 'utf8').trim().split('\n');
    return {
      exitCode,
      summary: server.err.find((line) => line.includes('exit code')),
      said: server.err.filter((line) => line.includes('traces cannot')).toSorted(),
      logged: records.map((line) => JSON.parse(line)).filter(({ msg }) => /traces|spans/.test(msg)),
    };
  }
  const unharmed = { exitCode: 5, summary: expect.stringContaining('3 completed, 1 failed; exit code 5') };

  test('is down breaks nothing: each program reports it once, and the spans are counted', async () => {
    const url = (await freeEndpoint()).replace('tcp:', 'http:');
    const ended = await run(url);
    const text = `traces cannot be exported to ${url}/v1/traces: `;
    // The exporter itself gives up after about 10 s, if the script lasts that long.
    const why = '(not taken in the last 1500 ms|connect ECONNREFUSED .*)';
    const said = [`^${text}${why}$`, `^w1: ${text}${why}$`].map((line) => expect.stringMatching(line));
    expect(ended).toMatchObject({ ...unharmed, said });
    expect(ended.logged).toMatchObject([
      { level: 'warn', url: `${url}/v1/traces`, msg: 'traces not exported' },
      { level: 'warn', count: 4, msg: 'spans were lost' },
    ]);
  });

  test('hangs does not delay the end', async () => {
    await using collector = await startCollector(() => {});
    const text = `traces cannot be exported to ${collector.url}/v1/traces: not taken in the last 1500 ms`;
    expect(await run(`${collector.url}/?token=hunter2`)).toMatchObject({ ...unharmed, said: [text, `w1: ${text}`] });
  });

  test('refuses breaks nothing: its status is reported once, and its body is not', async () => {
    await using collector = await startCollector((response) => {
      response.writeHead(500).end('x'.repeat(10_000));
    });
    const text = `traces cannot be exported to ${collector.url}/v1/traces: 500 Internal Server Error`;
    const ended = await run(collector.url);
    expect(ended).toMatchObject({ ...unharmed, said: [text, `w1: ${text}`] });
    expect(ended.logged.map(({ msg, count }) => [msg, count])).toEqual([
      ['traces not exported', undefined],
      ['spans were lost', 4],
    ]);
  });
});

test('an invalid address, or one with a password, ends the program with 2', async () => {
  for (const url of ['localhost:4318', 'ftp://127.0.0.1/', 'http://user:hunter2@127.0.0.1:4318']) {
    await using server = start({}, 'server', '--traces', url, '-c', 'ping');
    await using client = start({}, 'client', '--traces', url);
    expect([await server.exitCode(), await client.exitCode()]).toEqual([2, 2]);
  }
});
