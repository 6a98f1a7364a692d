import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { run } from '../../schemas/commands/run.ts';
import {
  builtinContracts,
  createServer,
  type Event,
  type JobGroup,
  type JobOutcome,
  type Server,
} from '../../src/index.ts';
import { newFolder } from '../support/new-folder.ts';
import { residentBytes } from '../support/process-stat.ts';
import { ChildProgram, main, runScript } from '../support/program.ts';

type Output = Extract<Event, { type: 'job.output' }>;

// Some 100 MB pass through each test, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

/** A little more than the buffer keeps, and every part is different. */
const numbers = 'seq 1 9000000';
const numberBytes = 70888896;

/** A server in this process. Nothing reads the output of jobs until `read` is called. */
async function openServer(bind: string, { reads = true } = {}) {
  const server = await createServer({ bind, commands: await builtinContracts() });
  const gate = Promise.withResolvers<void>();
  if (reads) gate.resolve();
  const output: Output[] = [];
  const seen = { bytes: { stdout: 0, stderr: 0 }, hash: createHash('sha256') };
  const settled = Promise.withResolvers<Extract<Event, { type: 'job.settled' }>>();
  const ended = new Map<string, () => void>();
  void (async () => {
    for await (const event of server.watch()) {
      if (event.type === 'job.settled') {
        settled.resolve(event);
        ended.get(event.id)?.();
      }
      if (event.type !== 'job.output') continue;
      output.push({ ...event, data: Buffer.of() });
      seen.bytes[event.stream] += event.data.length;
      if (event.stream === 'stdout') seen.hash.update(event.data);
      await gate.promise;
    }
  })();
  /** The outcome of its job, once everything before it has been read. */
  const outcomeOf = async <Result>(group: JobGroup<Result>): Promise<JobOutcome<Result> | undefined> => {
    const read = new Promise<void>((resolve) => ended.set(group.id, resolve));
    const [outcome] = await group.outcomes;
    await read;
    return outcome;
  };
  return Object.assign(server, { pieces: output, seen, settled: settled.promise, outcomeOf, read: gate.resolve });
}

/** The real client, which may run programs. `prefix` is shell text that runs first. */
function startClient(endpoint: string, prefix = ''): ChildProgram {
  const args = ['client', '--connect', endpoint, '--name', 'w1', '--ready', '--allow', 'run'];
  return new ChildProgram('sh', ['-c', `${prefix} exec "$@"`, 'sh', process.execPath, main, ...args]);
}

const untilFull = (server: Server) =>
  vi.waitFor(async () => expect(await server.list({ state: 'running' })).toMatchObject([{ outputFull: true }]), {
    timeout: 45_000,
    interval: 20,
  });

test('100 MB from one program arrive, every byte, while the memory of both sides stays bounded', async () => {
  const endpoint = `ipc://${newFolder()}/s.sock`;
  await using server = await openServer(endpoint);
  await using client = startClient(endpoint);
  await server.waitForClients(1);
  const pid = client.child.pid ?? 0;
  const before = residentBytes(pid);
  const outcome = await server.outcomeOf(await server.submit('w1', run, { argv: ['seq', '1', '13000000'] }));
  expect(outcome).toMatchObject({ outcome: 'completed', result: { exitCode: 0 } });
  expect(outcome).not.toHaveProperty('lostOutput');
  let expected = createHash('sha256');
  let bytes = 0;
  for (let from = 1; from <= 13_000_000; from += 100_000) {
    const text = Array.from({ length: 100_000 }, (_, index) => `${from + index}\n`).join('');
    expected = expected.update(text);
    bytes += text.length;
  }
  expect(server.seen.bytes.stdout).toBe(bytes);
  expect(server.seen.hash.digest('hex')).toBe(expected.digest('hex'));
  expect(residentBytes(pid) - before).toBeLessThan(150 * 2 ** 20);
});

test('a program waits while its output is not read; jobs says so, and it can be cancelled', async () => {
  const endpoint = `ipc://${newFolder()}/s.sock`;
  await using server = await openServer(endpoint, { reads: false });
  await using _ = startClient(endpoint);
  await server.waitForClients(1);
  const group = await server.submit('w1', run, { argv: ['yes'] });
  const ending = server.outcomeOf(group);
  await untilFull(server);
  group.cancel();
  // It has ended: nothing waits.
  await vi.waitFor(async () => expect((await server.list())[0]).not.toHaveProperty('outputFull'), {
    timeout: 45_000,
    interval: 20,
  });
  server.read();
  const outcome = await ending;
  expect(outcome).toMatchObject({ outcome: 'cancelled', result: { signal: 'SIGTERM' } });
  expect(outcome).not.toHaveProperty('lostOutput');
  expect(outcome?.result?.outputBytes).toBe(server.seen.bytes.stdout);
  expect(server.seen.bytes.stdout).toBeGreaterThanOrEqual(64 * 2 ** 20);
});

test('it continues when its output is read, and loses nothing', async () => {
  const endpoint = `ipc://${newFolder()}/s.sock`;
  await using server = await openServer(endpoint, { reads: false });
  await using _ = startClient(endpoint);
  await server.waitForClients(1);
  const group = await server.submit('w1', run, { argv: numbers.split(' ') });
  const ending = server.outcomeOf(group);
  await untilFull(server);
  server.read();
  const outcome = await ending;
  expect(outcome).toMatchObject({ outcome: 'completed', result: { outputBytes: server.seen.bytes.stdout } });
  expect(outcome).not.toHaveProperty('lostOutput');
  expect(server.seen.bytes.stdout).toBe(numberBytes);
});

test('with --when-full drop it never waits; dropped bytes are counted, also at the end of a stream and for the next server', async () => {
  const folder = newFolder();
  const endpoint = `ipc://${folder}/s.sock`;
  await using first = await openServer(endpoint, { reads: false });
  await using _ = startClient(endpoint);
  await first.waitForClients(1);
  const text = `echo early >&2; ${numbers}; : > ${folder}/done; read never < ${folder}/nobody`;
  await first.submit('w1', run, { argv: ['sh', '-c', `mkfifo ${folder}/nobody; ${text}`], whenFull: 'drop' });
  await vi.waitFor(() => expect(existsSync(`${folder}/done`)).toBe(true), { timeout: 45_000, interval: 20 });
  await first.close();
  await using second = await openServer(endpoint);
  await second.waitForClients(1);
  await second.cancel(await second.list({ state: 'running' }));
  const { result, lostOutput = {} } = await second.settled;
  expect(lostOutput.stderr).toBe('early\n'.length);
  const { stdout, stderr } = second.seen.bytes;
  expect(stderr).toBe(0);
  expect(lostOutput.stdout).toBeGreaterThan(1_000_000);
  expect(result).toMatchObject({ outputBytes: stdout + (lostOutput.stdout ?? 0) + 6 });
  // The loss of all of stderr is reported where the stream ends.
  expect(second.pieces.filter(({ stream }) => stream === 'stderr')).toMatchObject([{ offset: 6, lostBytes: 6 }]);
});

test('output that an earlier server received is not lost, and the next server says up to where that was', async () => {
  const folder = newFolder();
  const endpoint = `ipc://${folder}/s.sock`;
  await using first = await openServer(endpoint);
  await using _ = startClient(endpoint);
  await first.waitForClients(1);
  const argv = ['sh', '-c', `mkfifo ${folder}/nobody; ${numbers}; read never < ${folder}/nobody`];
  await first.submit('w1', run, { argv });
  await vi.waitFor(() => expect(first.seen.bytes.stdout).toBe(numberBytes), { timeout: 45_000, interval: 20 });
  await first.close();
  await using second = await openServer(endpoint);
  await second.waitForClients(1);
  await second.cancel(await second.list({ state: 'running' }));
  const { result, lostOutput } = await second.settled;
  expect(lostOutput).toBeUndefined();
  const taken = second.pieces.reduce((sum, { takenBytes = 0 }) => sum + takenBytes, 0);
  expect(taken).toBeGreaterThan(1_000_000);
  expect(second.pieces[0]).toMatchObject({ takenBytes: taken, offset: taken });
  expect(result).toMatchObject({ outputBytes: second.seen.bytes.stdout + taken });
});

test('without a folder for temporary files all output of a program still arrives', async () => {
  const endpoint = `ipc://${newFolder()}/s.sock`;
  await using server = await openServer(endpoint);
  await using _ = startClient(endpoint, 'export TMPDIR=/no/such/folder;');
  await server.waitForClients(1);
  for (const [argv, bytes] of [
    [['echo', 'hello'], 6],
    [['head', '-c', '9000000', '/dev/zero'], 9_000_006],
  ] as const) {
    const outcome = await server.outcomeOf(await server.submit('w1', run, { argv: [...argv] }));
    expect(outcome).toMatchObject({ outcome: 'completed' });
    expect(outcome).not.toHaveProperty('lostOutput');
    expect(server.seen.bytes.stdout).toBe(bytes);
  }
});

test('output dropped for lack of a folder is reported with the cause, in text and, if dropping was requested, with exit code 0', async () => {
  const folder = newFolder();
  const endpoint = `ipc://${folder}/s.sock`;
  await using server = await openServer(endpoint, { reads: false });
  await using _ = startClient(endpoint, 'export TMPDIR=/no/such/folder;');
  await server.waitForClients(1);
  const text = `head -c 9000000 /dev/zero; : > ${folder}/done`;
  const group = await server.submit('w1', run, { argv: ['sh', '-c', text], whenFull: 'drop' });
  const ending = server.outcomeOf(group);
  await vi.waitFor(() => expect(existsSync(`${folder}/done`)).toBe(true), { timeout: 45_000, interval: 20 });
  server.read();
  const outcome = await ending;
  expect(outcome).toMatchObject({ outcome: 'completed', outputError: expect.stringMatching(/ENOENT/) });
  expect((outcome?.lostOutput?.stdout ?? 0) + server.seen.bytes.stdout).toBe(9_000_000);
});

test('a script receives all of it and ends with 0', async () => {
  const { exitCode, program } = await runScript(['start', `run ${numbers}`], '--output', 'json');
  expect(exitCode).toBe(0);
  let offset = 0;
  for (const line of program.json) {
    if (line.type !== 'output') continue;
    expect(line.offset).toBe(offset);
    offset += Buffer.byteLength(String(line.data));
  }
  expect(offset).toBe(numberBytes);
});
