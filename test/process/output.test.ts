import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { bytes, firstLines, pieces, start, startNode, startShell, text } from '../support/start-process.ts';

test('every reader gets every byte from any offset, while it runs and afterwards', async () => {
  const data = randomBytes(1_000_003);
  const process = await start({ argv: ['cat'], stdin: data });
  const during = [0, 1, 65_536, 999_999].map((from) => bytes(process, { from }));
  await process.exited;
  const after = [0, 7, 500_000, data.length].map((from) => bytes(process, { from }));
  expect(
    (await Promise.all(during)).map((got, index) => got.equals(data.subarray([0, 1, 65_536, 999_999][index]))),
  ).toEqual([true, true, true, true]);
  expect(
    (await Promise.all(after)).map((got, index) => got.equals(data.subarray([0, 7, 500_000, data.length][index]))),
  ).toEqual([true, true, true, true]);
});

test('pieces follow one another and are no longer than requested', async () => {
  const process = await start({ argv: ['head', '-c', '100000', '/dev/zero'] });
  let offset = 0;
  for (const piece of await pieces(process, { maxBytes: 1_000 })) {
    if (piece.type !== 'data') throw new Error('nothing may be missing');
    expect(piece.offset).toBe(offset);
    expect(piece.data.length).toBeLessThanOrEqual(1_000);
    offset += piece.data.length;
  }
  expect(offset).toBe(100_000);
});

test('over the limit the oldest bytes are dropped, and a reader gets the exact number of missed bytes', async () => {
  const data = randomBytes(100_000);
  const process = await start({ argv: ['cat'], stdin: data, maxOutputBytes: 16_384 });
  await process.exited;
  const { start: kept, end } = process.status().output.stdout;
  expect(end).toBe(100_000);
  expect(end - kept).toBeGreaterThan(8_192);
  expect(end - kept).toBeLessThanOrEqual(16_384);
  const [gap, ...rest] = await pieces(process, { from: 10 });
  expect(gap).toEqual({ type: 'gap', offset: 10, bytes: kept - 10 });
  const got = rest.map((piece) => (piece.type === 'data' ? piece.data : Buffer.of()));
  expect(Buffer.concat(got).equals(data.subarray(kept))).toBe(true);
});

test('both streams share the limit: the oldest of either are dropped', async () => {
  const process = await startShell('echo early >&2; read -r line; head -c 100000 /dev/zero', {
    maxOutputBytes: 16_384,
    stdin: lineWhenAsked(),
  });
  // Two pipes have no order: the line is read before the other stream begins.
  for await (const _early of process.output({ stream: 'stderr' })) break;
  ask();
  await process.exited;
  expect(await pieces(process, { stream: 'stderr' })).toEqual([{ type: 'gap', offset: 0, bytes: 6 }]);
});

test('a reader that stops reading delays neither the process nor another reader', async () => {
  const process = await start({ argv: ['head', '-c', '5000000', '/dev/zero'], maxOutputBytes: 65_536 });
  const slow = process.output();
  await slow.next();
  expect(await process.exited).toMatchObject({ exitCode: 0, outputBytes: 5_000_000 });
  const { start: kept } = process.status().output.stdout;
  const missed = await slow.next();
  expect(missed.value).toMatchObject({ type: 'gap' });
  if (missed.done || missed.value.type !== 'gap') throw new Error('a gap was due');
  expect(missed.value.offset + missed.value.bytes).toBe(kept);
});

test('an idle reader is woken only by data, without a timer', async () => {
  const process = await startShell('echo ready; read -r line; echo "$line"', { stdin: lineWhenAsked() });
  await firstLines(process, 1);
  const timers = [
    vi.spyOn(globalThis, 'setTimeout'),
    vi.spyOn(globalThis, 'setInterval'),
    vi.spyOn(globalThis, 'setImmediate'),
  ];
  const readers = Array.from({ length: 50 }, () => process.output({ from: 6 }));
  let woken = 0;
  const firsts = readers.map(async (reader) => {
    const { value } = await reader.next();
    woken += 1;
    return value;
  });
  for (let turns = 0; turns < 100; turns += 1) await turn();
  expect(woken).toBe(0);
  expect(timers.map((timer) => timer.mock.calls.length)).toEqual([0, 0, 0]);
  vi.restoreAllMocks();
  ask();
  for (const value of await Promise.all(firsts))
    expect(value).toEqual({ type: 'data', offset: 6, data: Buffer.from('now\n') });
  await process.exited;
});

test('a reader ends without an error when its signal aborts', async () => {
  const process = await start({ argv: ['sleep', '60'] });
  const abort = new AbortController();
  const reading = pieces(process, { signal: abort.signal });
  abort.abort();
  expect(await reading).toEqual([]);
});

test('discarded output cannot be read', async () => {
  const process = await startShell('echo one');
  await process.exited;
  await process[Symbol.asyncDispose]();
  await process[Symbol.asyncDispose]();
  await expect(text(process)).rejects.toMatchObject({ code: 'closed' });
});

test('if no file can be created, memory is used, and the status has the reason', async () => {
  const process = await startNode("process.stdout.write('x'.repeat(100000))", { outputDirectory: '/no/such/folder' });
  expect(await process.exited).toMatchObject({ exitCode: 0, outputBytes: 100_000 });
  expect(await text(process)).toBe('x'.repeat(100_000));
  expect(process.status().outputError).toMatch(/ENOENT/);
});

test('memory is limited: over the limit the oldest output is an exact gap, and the process continues', async () => {
  const data = randomBytes(5_000_000);
  const process = await start({ argv: ['cat'], stdin: data, outputDirectory: '/no/such/folder' });
  expect(await process.exited).toMatchObject({ exitCode: 0, outputBytes: 5_000_000 });
  const { start: kept, end } = process.status().output.stdout;
  expect(end - kept).toBeGreaterThan(500_000);
  expect(end - kept).toBeLessThanOrEqual(1_048_576);
  expect(await pieces(process, { maxBytes: 5_000_000 }).then(([gap]) => gap)).toEqual({
    type: 'gap',
    offset: 0,
    bytes: kept,
  });
  expect((await bytes(process, { from: kept })).equals(data.subarray(kept))).toBe(true);
});

let ask = (): void => {};
async function* lineWhenAsked(): AsyncGenerator<string> {
  await new Promise<void>((resolve) => {
    ask = resolve;
  });
  yield 'now\n';
}
