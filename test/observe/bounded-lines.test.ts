import { expect, test } from 'vitest';
import { BoundedLines } from '../../src/observe/log/bounded-lines.ts';

/** A disk whose behaviour the test decides. */
function scene(maxWaitingBytes = 1_000) {
  let written = '';
  let room = Number.POSITIVE_INFINITY;
  let gate: PromiseWithResolvers<void> | undefined;
  const failures: string[] = [];
  const lines: BoundedLines = new BoundedLines({
    put: async (bytes) => {
      await gate?.promise;
      if (room === 0) throw new Error('full');
      const part = bytes.subarray(0, room);
      room -= part.length;
      written += part.toString();
      return part.length;
    },
    maxWaitingBytes,
    onFailure: (error) => failures.push(error.message),
    onLost: (count) => lines.write(`lost ${count}\n`),
  });
  return {
    lines,
    failures,
    written: () => written,
    /** The number of bytes that can be written from now on. */
    setRoom: (bytes: number) => {
      room = bytes;
    },
    hold: () => {
      gate = Promise.withResolvers<void>();
      return gate;
    },
  };
}

test('lines are written whole and in order; those that arrive during a write follow it', async () => {
  const { lines, written, hold } = scene();
  const gate = hold();
  for (const line of ['a\n', 'b\n', 'c\n']) lines.write(line);
  gate.resolve();
  await lines.flush();
  expect(written()).toBe('a\nb\nc\n');
  lines.write('d\n');
  await lines.flush();
  expect(written()).toBe('a\nb\nc\nd\n');
});

test('lines over the bound are dropped, and counted when there is room again', async () => {
  const { lines, written, hold } = scene(10);
  const gate = hold();
  for (let number = 0; number < 8; number += 1) lines.write(`${number}\n`);
  gate.resolve();
  await lines.flush();
  expect(written()).toBe('0\n1\n2\n3\n4\nlost 3\n');
});

test('pending lines survive a full disk; writing continues when there is room, and no line is cut', async () => {
  const { lines, written, failures, setRoom } = scene();
  setRoom(7);
  lines.write('first\n');
  lines.write('second\n');
  await lines.flush();
  lines.write('third\n');
  await lines.flush();
  expect([written(), failures]).toEqual(['first\ns', ['full']]);
  setRoom(1_000);
  lines.write('fourth\n');
  await lines.flush();
  expect([written(), failures]).toEqual(['first\nsecond\nthird\nfourth\n', ['full']]);
});

test('a disk that stays full costs no more memory than the bound, and delays nothing', async () => {
  const { lines, written, failures, setRoom } = scene(10);
  setRoom(0);
  for (let number = 0; number < 1_000; number += 1) lines.write(`line\n`);
  await lines.flush();
  expect([written(), failures]).toEqual(['', ['full']]);
  setRoom(1_000);
  await lines.flush();
  expect(written()).toBe('line\nline\nlost 998\n');
});

test('a flush with nothing to write ends at once', async () => {
  const { lines, written } = scene();
  await lines.flush();
  lines.write('a\n');
  await lines.flush();
  expect(written()).toBe('a\n');
});
