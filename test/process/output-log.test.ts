import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { OutputStream } from '../../src/process/options.ts';
import { OutputLog } from '../../src/process/output-log.ts';
import { readOrdered, readOutput } from '../../src/process/output-reader.ts';

const stream = fc.constantFrom<OutputStream>('stdout', 'stderr');
const writes = fc.array(fc.record({ stream, length: fc.integer({ min: 1, max: 9_000 }) }), { maxLength: 30 });

test('whatever is written, a reader from any offset gets each byte once or learns that it is gone', async () => {
  await fc.assert(
    fc.asyncProperty(writes, stream, fc.nat(100_000), async (all, wanted, anywhere) => {
      const log = new OutputLog({ maxBytes: 20_000, directory: tmpdir(), whenFull: 'drop' });
      const given: Record<OutputStream, Buffer[]> = { stdout: [], stderr: [] };
      for (const [index, { stream: to, length }] of all.entries()) {
        const data = Buffer.alloc(length, index + 1);
        given[to].push(data);
        log.append(to, data);
      }
      await Promise.all([log.end('stdout'), log.end('stderr')]);
      const expected = Buffer.concat(given[wanted]);
      const from = anywhere % (expected.length + 1);
      let offset = from;
      let missed = 0;
      for await (const piece of readOutput(log, { stream: wanted, from, maxBytes: 1_000 })) {
        expect(piece.offset).toBe(offset);
        if (piece.type === 'gap') missed += piece.bytes;
        else expect(piece.data.equals(expected.subarray(offset, offset + piece.data.length))).toBe(true);
        offset += piece.type === 'gap' ? piece.bytes : piece.data.length;
      }
      const kept = log.kept(wanted);
      expect(offset).toBe(expected.length);
      expect(missed).toBe(Math.max(0, kept.start - from));
      expect(log.kept('stdout').end - log.kept('stdout').start).toBeLessThanOrEqual(20_000);
      await log.close();
    }),
    { numRuns: 60 },
  );
});

test('a folder that is available again gets the later output, and nothing is lost in between', async () => {
  const directory = join(tmpdir(), `signalbox-later-${randomBytes(6).toString('hex')}`);
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const log = new OutputLog({ maxBytes: 16_777_216, directory, whenFull: 'drop' });
  const data = randomBytes(9_000_000);
  log.append('stdout', data.subarray(0, 500_000));
  for (let read = await log.read('stdout', 499_999, 1); read.kind === 'nothing-yet'; ) {
    await log.changed(read.version);
    read = await log.read('stdout', 499_999, 1);
  }
  mkdirSync(directory);
  log.append('stdout', data.subarray(500_000));
  await Promise.all([log.end('stdout'), log.end('stderr')]);
  const pieces = await Array.fromAsync(readOutput(log, {}));
  const got = Buffer.concat(pieces.map((piece) => (piece.type === 'data' ? piece.data : Buffer.of())));
  expect(got.equals(data)).toBe(true);
  await log.close();
});

test('output of both streams is read in the written order, each byte once', async () => {
  await fc.assert(
    fc.asyncProperty(writes, fc.integer({ min: 500, max: 5_000 }), async (all, maxBytes) => {
      const log = new OutputLog({ maxBytes: 1_048_576, directory: tmpdir(), whenFull: 'wait' });
      for (const [index, { stream: to, length }] of all.entries()) log.append(to, Buffer.alloc(length, index + 1));
      await Promise.all([log.end('stdout'), log.end('stderr')]);
      const seen: [OutputStream, number, number][] = [];
      for await (const piece of readOrdered(log, { maxBytes })) {
        if (piece.type === 'gap') throw new Error('nothing may be missing');
        expect(piece.data.length).toBeLessThanOrEqual(maxBytes);
        for (let at = 0; at < piece.data.length; ) {
          const byte = piece.data[at] ?? 0;
          const other = piece.data.subarray(at).findIndex((one) => one !== byte);
          const length = other < 0 ? piece.data.length - at : other;
          const last = seen.at(-1);
          if (last?.[1] === byte) last[2] += length;
          else seen.push([piece.stream, byte, length]);
          at += length;
        }
      }
      expect(seen).toEqual(all.map(({ stream: to, length }, index) => [to, index + 1, length]));
      await log.close();
    }),
    { numRuns: 60 },
  );
});

test('a reader that starts in the middle of both streams continues in their order', async () => {
  const log = new OutputLog({ maxBytes: 65_536, directory: tmpdir(), whenFull: 'wait' });
  for (const [to, data] of [
    ['stdout', 'aa'],
    ['stderr', 'bb'],
    ['stdout', 'cc'],
    ['stderr', 'dd'],
  ] as const) {
    log.append(to, Buffer.from(data));
  }
  await Promise.all([log.end('stdout'), log.end('stderr')]);
  const pieces = await Array.fromAsync(readOrdered(log, { from: { stdout: 3, stderr: 1 } }));
  expect(pieces.map((piece) => [piece.stream, piece.offset, piece.type === 'data' && piece.data.toString()])).toEqual([
    ['stderr', 1, 'b'],
    ['stdout', 3, 'c'],
    ['stderr', 2, 'dd'],
  ]);
  await log.close();
});

test('more changes between the streams than are remembered lose the order between the two, and no byte', async () => {
  const log = new OutputLog({ maxBytes: 1_048_576, directory: tmpdir(), whenFull: 'wait' });
  for (let index = 0; index < 6_000; index += 1) {
    log.append('stdout', Buffer.from(`${index % 10}`));
    log.append('stderr', Buffer.from(`${index % 10}`));
  }
  await Promise.all([log.end('stdout'), log.end('stderr')]);
  const text = { stdout: '', stderr: '' };
  for await (const piece of readOrdered(log, {})) if (piece.type === 'data') text[piece.stream] += piece.data;
  expect(text).toEqual({ stdout: '0123456789'.repeat(600), stderr: '0123456789'.repeat(600) });
  await log.close();
});
