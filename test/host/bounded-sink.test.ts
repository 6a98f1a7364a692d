import { expect, test } from 'vitest';
import { BoundedSink, droppedLines } from '../../src/host/bounded-sink.ts';

/** A reader that accepts one write on request. */
function openSink() {
  const written: string[] = [];
  const reads: (() => void)[] = [];
  const inner = {
    write: (text: string) =>
      new Promise<void>((resolve) => {
        reads.push(() => {
          written.push(text);
          resolve();
        });
      }),
  };
  const readAll = async () => {
    while (reads.length > 0) {
      reads.shift()?.();
      await new Promise((done) => setImmediate(done));
    }
  };
  return { sink: new BoundedSink(inner, droppedLines('standard output')), written, readAll };
}

const half = `${'x'.repeat(524_287)}\n`;

test('unread lines wait up to 1 MiB; more are dropped, and counted when somebody reads', async () => {
  const { sink, written, readAll } = openSink();
  const writes = [half, half, 'third\n', 'fourth\n'].map((text) => sink.write(text));
  await readAll();
  await Promise.all(writes);
  expect(written).toEqual([half, half, '… 2 lines were dropped: nobody read standard output\n']);
  void sink.write('fifth\n');
  await readAll();
  expect(written.at(-1)).toBe('fifth\n');
});

test('one dropped line counts as one, and a single line over the limit is not dropped', async () => {
  const { sink, written, readAll } = openSink();
  const long = 'y'.repeat(2_000_000);
  const writes = [sink.write(long), sink.write('second\n')];
  await readAll();
  await Promise.all(writes);
  expect(written).toEqual([long, '… 1 line was dropped: nobody read standard output\n']);
});

test('a failed write frees its space', async () => {
  const failures: string[] = [];
  let isBroken = true;
  const written: string[] = [];
  const inner = {
    write: async (text: string) => {
      if (isBroken) throw new Error('gone');
      written.push(text);
    },
  };
  const sink = new BoundedSink(inner, String);
  await sink.write(half).catch((error) => failures.push(error.message));
  isBroken = false;
  await Promise.all([sink.write(half), sink.write(half)]);
  expect([failures, written]).toEqual([['gone'], [half, half]]);
});
