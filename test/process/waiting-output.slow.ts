import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ProcessHandle, ProcessOptions } from '../../src/process/index.ts';
import { bytes, start, startNode, startShell, text } from '../support/start-process.ts';

/** A program that blocks at the limit of its output, and when it does. */
async function startFull(options: ProcessOptions): Promise<{ handle: ProcessHandle; full: Promise<void> }> {
  const full = Promise.withResolvers<void>();
  const handle = await start({
    maxOutputBytes: 65_536,
    ...options,
    whenFull: 'wait',
    onOutputFull: (isFull) => isFull && full.resolve(),
  });
  return { handle, full: full.promise };
}

/** Reads all of it, and releases each piece. */
async function take(handle: ProcessHandle): Promise<Buffer> {
  const data: Buffer[] = [];
  for await (const piece of handle.orderedOutput()) {
    if (piece.type === 'gap') throw new Error(`${piece.bytes} bytes at ${piece.offset} are gone`);
    data.push(piece.data);
    handle.taken(piece.stream, piece.offset + piece.data.length);
  }
  return Buffer.concat(data);
}

test('a program blocks at the limit until its output is taken, and every byte arrives', async () => {
  const data = randomBytes(5_000_003);
  const { handle, full } = await startFull({ argv: ['cat'], stdin: data });
  await full;
  expect(handle.status()).toMatchObject({ state: 'running', output: { stdout: { start: 0 } } });
  expect((await take(handle)).equals(data)).toBe(true);
  expect(await handle.exited).toMatchObject({ exitCode: 0, outputBytes: data.length });
});

test('without a folder for the file it waits for memory, and every byte arrives', async () => {
  const data = randomBytes(5_000_003);
  const options = { argv: ['cat'], stdin: data, outputDirectory: '/no/such/folder', maxOutputBytes: 67_108_864 };
  const { handle, full } = await startFull(options);
  await full;
  expect((await take(handle)).equals(data)).toBe(true);
  expect(await handle.exited).toMatchObject({ exitCode: 0, outputBytes: data.length });
  expect(handle.status().outputError).toMatch(/ENOENT/);
});

test('a hundred million bytes pass through a small file', async () => {
  const { handle } = await startFull({ argv: ['head', '-c', '100000000', '/dev/zero'], maxOutputBytes: 4_194_304 });
  let total = 0;
  for await (const piece of handle.orderedOutput()) {
    if (piece.type === 'gap') throw new Error('nothing may be missing');
    total += piece.data.length;
    handle.taken(piece.stream, total);
  }
  expect(total).toBe(100_000_000);
  expect(await handle.exited).toMatchObject({ exitCode: 0, outputBytes: 100_000_000 });
});

test('taken output remains for another reader until its space is needed', async () => {
  const handle = await startShell('echo one; echo two >&2', { whenFull: 'wait' });
  await take(handle);
  await handle.exited;
  expect(await text(handle)).toBe('one\n');
  expect(await text(handle, { stream: 'stderr' })).toBe('two\n');
});

test('both streams block together, and arrive complete', async () => {
  const program =
    'for (let i = 0; i < 400; i++) { process.stdout.write("o".repeat(3000)); process.stderr.write("e".repeat(2000)); }';
  const { handle, full } = await startFull({ argv: [process.execPath, '-e', program] });
  await full;
  const all = (await take(handle)).toString();
  expect(all.replaceAll('e', '')).toBe('o'.repeat(1_200_000));
  expect(all.replaceAll('o', '')).toBe('e'.repeat(800_000));
  expect(await handle.exited).toMatchObject({ exitCode: 0, outputBytes: 2_000_000 });
});

describe('a program that is blocked on its output', () => {
  const endless = { argv: ['yes'] };

  test('is ended by stop, and all its output so far is there', async () => {
    const { handle, full } = await startFull(endless);
    await full;
    const result = await handle.stop({ graceMs: 60_000 });
    expect(result).toMatchObject({ cancelled: true, signal: 'SIGTERM', survivors: [] });
    expect((await bytes(handle)).length).toBe(result.outputBytes);
  });

  test('is ended at its timeout', async () => {
    const { handle } = await startFull({ ...endless, timeoutMs: 300 });
    expect(await handle.exited).toMatchObject({ timedOut: true, signal: 'SIGTERM' });
  });

  test('gets signals, and continues if they let it', async () => {
    const program = `
      process.on('SIGUSR2', () => process.exit(7));
      require('fs').createReadStream('/dev/zero', { end: 9999999 }).pipe(process.stdout);
    `;
    const { handle, full } = await startFull({ argv: [process.execPath, '-e', program] });
    await full;
    handle.signal('SIGUSR2');
    expect(await handle.exited).toMatchObject({ exitCode: 7, cancelled: false });
  });

  test('and has ended in the meantime leaves nothing in its pipes', async () => {
    const data = createHash('sha512').digest('hex').repeat(900);
    const ended = Promise.withResolvers<void>();
    async function* input() {
      yield data;
      await ended.promise;
    }
    const { handle, full } = await startFull({ argv: ['cat'], stdin: input(), maxOutputBytes: 32_768 });
    await full;
    ended.resolve();
    expect(await handle.exited).toMatchObject({ exitCode: 0, outputBytes: data.length });
    expect(await text(handle)).toBe(data);
  });

  test('is dropped when its handle is disposed', async () => {
    const { handle, full } = await startFull(endless);
    await full;
    await handle[Symbol.asyncDispose]();
    expect(handle.status()).toMatchObject({ state: 'exited' });
  });
});

test('output written to one stream after the other was read comes after it', async () => {
  const program = `
    let count = 0;
    const write = () => (count % 2 ? process.stderr : process.stdout).write(String(count++));
    process.stdin.on('data', write);
    write();
  `;
  let next = Promise.withResolvers<string | undefined>();
  async function* asked() {
    for (let line = await next.promise; line !== undefined; line = await next.promise) {
      next = Promise.withResolvers();
      yield line;
    }
  }
  const handle = await startNode(program, { stdin: asked() });
  const seen: string[] = [];
  for await (const piece of handle.orderedOutput()) {
    if (piece.type === 'gap') throw new Error('nothing may be missing');
    seen.push(`${piece.stream} ${piece.data}`);
    next.resolve(seen.length < 10 ? 'go on' : undefined);
  }
  const written = Array.from({ length: 10 }, (_, count) => `${count % 2 ? 'stderr' : 'stdout'} ${count}`);
  expect(seen).toEqual(written);
  // A later reader gets the same order.
  const later = await Array.fromAsync(
    handle.orderedOutput(),
    (piece) => `${piece.stream} ${'data' in piece && piece.data}`,
  );
  expect(later).toEqual(written);
});
