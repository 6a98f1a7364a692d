import { expect, onTestFinished, test, vi } from 'vitest';
import { bytes, firstLines, start, startNode, startShell, text } from '../support/start-process.ts';

const untouched = { timedOut: false, outOfMemory: false, cancelled: false, leftRunning: 0, survivors: [] };

test('an exit code is reported as such', async () => {
  const process = await startShell('echo out; echo error >&2; exit 7');
  expect(await process.exited).toMatchObject({ ...untouched, exitCode: 7, signal: null, outputBytes: 10 });
  expect(await text(process)).toBe('out\n');
  expect(await text(process, { stream: 'stderr' })).toBe('error\n');
  expect(process.status()).toMatchObject({ state: 'exited', outputCut: false, outputError: undefined });
});

test('a signal is reported as such, whoever sent it', async () => {
  const process = await startShell('kill -9 $$');
  expect(await process.exited).toMatchObject({ ...untouched, exitCode: null, signal: 'SIGKILL' });
});

test('a signal reaches the whole process group', async () => {
  const process = await startShell("trap 'wait; exit 5' USR1; sh -c 'echo ready; exec sleep 60' & wait");
  await firstLines(process, 1);
  process.signal('SIGUSR1');
  expect(await process.exited).toMatchObject({ ...untouched, exitCode: 5 });
});

test('at its timeout a process has timed out, and is not cancelled', async () => {
  const process = await start({ argv: ['sleep', '60'], timeoutMs: 1 });
  expect(await process.exited).toMatchObject({ ...untouched, exitCode: null, signal: 'SIGTERM', timedOut: true });
});

test('a program that handles TERM ends as it likes, and still counts as cancelled', async () => {
  // A newly forked shell may lose TERM before it becomes `sleep`.
  const sleeps = 'sleep 60 & until grep -q sleep /proc/$!/comm; do :; done; echo ready; wait';
  const process = await startShell(`trap 'echo bye; exit 3' TERM; ${sleeps}`);
  await firstLines(process, 1);
  expect(await process.stop()).toMatchObject({ ...untouched, exitCode: 3, signal: null, cancelled: true });
  expect(await text(process)).toBe('ready\nbye\n');
});

test('a program that ignores TERM is killed after the grace period; a second stop may shorten it', async () => {
  const process = await startNode(
    "process.on('SIGTERM', () => console.log('no')); console.log('ready'); setInterval(() => {}, 1e6)",
  );
  await firstLines(process, 1);
  const stopped = process.stop({ graceMs: 1e9 });
  expect(await firstLines(process, 2)).toEqual(['ready', 'no']);
  expect(process.status().state).toBe('ending');
  await process.stop({ graceMs: 0 });
  expect(await stopped).toMatchObject({ ...untouched, exitCode: null, signal: 'SIGKILL', cancelled: true });
});

test('a later stop cannot extend the grace period', async () => {
  const process = await startShell("trap '' TERM; echo ready; while :; do sleep 1; done");
  await firstLines(process, 1);
  void process.stop({ graceMs: 0 });
  expect(await process.stop({ graceMs: 1e9 })).toMatchObject({ signal: 'SIGKILL', cancelled: true });
});

test('a stopped process also ends by TERM', async () => {
  const process = await startShell('echo ready; kill -STOP $$; sleep 60');
  await firstLines(process, 1);
  expect(await process.stop({ graceMs: 1e9 })).toMatchObject({ ...untouched, signal: 'SIGTERM', cancelled: true });
});

test('an abort ends a process; an abort before the start prevents it', async () => {
  const abort = new AbortController();
  const process = await start({ argv: ['sleep', '60'], signal: abort.signal });
  abort.abort(new Error('enough'));
  expect(await process.exited).toMatchObject({ ...untouched, signal: 'SIGTERM', cancelled: true });
  await expect(start({ argv: ['sleep', '60'], signal: abort.signal })).rejects.toThrow('enough');
});

/** Call it before a start with this `timeoutMs`. @returns a function that lets this time pass. */
function holdTime(timeoutMs: number): () => void {
  const timers = vi.spyOn(globalThis, 'setTimeout');
  onTestFinished(() => void vi.restoreAllMocks());
  return () => {
    const [timeUp] = timers.mock.calls.find(([, ms = 0]) => ms > timeoutMs - 10_000 && ms <= timeoutMs) ?? [];
    expect(timeUp).toBeDefined();
    const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + timeoutMs);
    timeUp?.();
    clock.mockRestore();
  };
}

test('of two causes the first counts: a stop after the timeout is a timeout', async () => {
  const timeIsUp = holdTime(123_456);
  const deaf = "process.on('SIGTERM', () => console.log('no')); console.log('ready'); setInterval(() => {}, 1e6)";
  const process = await startNode(deaf, { timeoutMs: 123_456, graceMs: 1e9 });
  await firstLines(process, 1);
  timeIsUp();
  expect(await firstLines(process, 2)).toEqual(['ready', 'no']);
  expect(await process.stop({ graceMs: 0 })).toMatchObject({ timedOut: true, cancelled: false, signal: 'SIGKILL' });
});

test('of two causes the first counts: a stop before the timeout is not a timeout', async () => {
  const timeIsUp = holdTime(123_456);
  const process = await start({ argv: ['sleep', '60'], timeoutMs: 123_456, graceMs: 1e9 });
  const stopped = process.stop();
  timeIsUp();
  expect(await stopped).toMatchObject({ timedOut: false, cancelled: true });
});

test('a process that has ended keeps its own end', async () => {
  const process = await start({ argv: ['true'], timeoutMs: 60_000 });
  const result = await process.exited;
  expect(await process.stop()).toBe(result);
  expect(result).toMatchObject({ ...untouched, exitCode: 0 });
});

test('a grandchild that holds the pipe is ended and counted, and its output after the exit is kept', async () => {
  const script = `trap 'echo late; exit' TERM; echo up >&2; while :; do sleep 60 & wait; done`;
  const process = await startShell(
    `setsid sh -c "${script}" & while [ ! -e /proc/$!/stat ]; do :; done; echo out; exit 4`,
  );
  const result = await process.exited;
  expect(result).toMatchObject({ exitCode: 4, signal: null, cancelled: false, survivors: [] });
  expect(result.leftRunning).toBeGreaterThanOrEqual(1);
  expect(await text(process)).toMatch(/^out\n(late\n)?$/);
});

test('closing standard output early ends its readers, not the process', async () => {
  const process = await startShell('echo one; exec >&-; read -r line; echo two >&2', { stdin: never() });
  expect(await text(process)).toBe('one\n');
  expect(process.status()).toMatchObject({
    state: 'running',
    output: { stdout: { ended: true }, stderr: { ended: false } },
  });
  await process.stop();
});

test('input is passed unchanged and then ends; unread input is dropped', async () => {
  const binary = Buffer.from([0, 255, 10, 0, 128]);
  const cat = await start({ argv: ['cat'], stdin: binary });
  expect(await bytes(cat)).toEqual(binary);
  const deaf = await start({ argv: ['true'], stdin: Buffer.alloc(4_194_304) });
  expect(await deaf.exited).toMatchObject({ ...untouched, exitCode: 0 });
});

test('its outputs are pipes that it can open by name', async () => {
  const job = await startShell('echo out >/dev/stdout; echo error >/dev/stderr');
  expect(await text(job)).toBe('out\n');
  expect(await text(job, { stream: 'stderr' })).toBe('error\n');
});

test('the program gets its arguments, its environment and its folder unchanged', async () => {
  const env = { 'odd.name': 'a b', EMPTY: '', PATH: process.env.PATH };
  const shown = await start({ argv: ['env', '-0'], env });
  const variables = (await text(shown)).split('\0').filter(Boolean).sort();
  expect(variables).toEqual([`EMPTY=`, `PATH=${process.env.PATH}`, `SIGNALBOX_JOB=${shown.id}`, 'odd.name=a b'].sort());
  const echoed = await start({ argv: ['printf', '%s|', '$HOME', '', 'a  b', '*'], cwd: '/' });
  expect(await text(echoed)).toBe('$HOME||a  b|*|');
  expect(await text(await start({ argv: ['pwd'], cwd: '/usr' }))).toBe('/usr\n');
});

/** Input that never arrives and never ends. */
async function* never(): AsyncGenerator<Uint8Array> {
  await new Promise(() => {});
  yield new Uint8Array();
}
