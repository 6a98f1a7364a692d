import { expect, test } from 'vitest';
import { BoundedLines } from '../../src/observe/log/bounded-lines.ts';

/** A disk that writes as it is told. */
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
    /** So many bytes can be written from now on. */
    setRoom: (bytes: number) => {
      room = bytes;
    },
    hold: () => {
      gate = Promise.withResolvers<void>();
      return gate;
    },
  };
}

test('lines come out whole and in order, those that come during a write after it', async () => {
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

test('over the bound lines are lost, and counted when there is room again', async () => {
  const { lines, written, hold } = scene(10);
  const gate = hold();
  for (let number = 0; number < 8; number += 1) lines.write(`${number}\n`);
  gate.resolve();
  await lines.flush();
  expect(written()).toBe('0\n1\n2\n3\n4\nlost 3\n');
});

test('on a full disk what waits stays; when there is room it is written on, and no line is half', async () => {
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

test('a disk that stays full holds no more than the bound, and nobody up', async () => {
  const { lines, written, failures, setRoom } = scene(10);
  setRoom(0);
  for (let number = 0; number < 1_000; number += 1) lines.write(`line\n`);
  await lines.flush();
  expect([written(), failures]).toEqual(['', ['full']]);
  setRoom(1_000);
  await lines.flush();
  expect(written()).toBe('line\nline\nlost 998\n');
});

test('with nothing to write a flush is over at once', async () => {
  const { lines, written } = scene();
  await lines.flush();
  lines.write('a\n');
  await lines.flush();
  expect(written()).toBe('a\n');
});
