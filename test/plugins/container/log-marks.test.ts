import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type LogEntry, LogFrames } from '../../../src/plugins/container/log/log-frames.ts';
import { LogMarks, logStart, sinceOf } from '../../../src/plugins/container/log/log-marks.ts';

const timeOf = (nanos: number) => `2026-01-01T00:00:00.${String(nanos).padStart(9, '0')}Z`;

/** Two streams, each in the order of its times; together in the order of reading, which differs. */
const logs = fc
  .array(fc.record({ isOut: fc.boolean(), step: fc.nat(3), kilobytes: fc.integer({ min: 1, max: 900 }) }), {
    maxLength: 30,
  })
  .map((entries) => {
    const nanos = { stdout: 0, stderr: 0 };
    return entries.map(({ isOut, step, kilobytes }): LogEntry => {
      const stream = isOut ? 'stdout' : 'stderr';
      nanos[stream] += step;
      return { stream, at: timeOf(nanos[stream]), data: Buffer.alloc(kilobytes * 1_024) };
    });
  });

test('output that the engine returns from a mark on starts at the offsets of the mark', () => {
  fc.assert(
    fc.property(logs, fc.nat(30), (entries, read) => {
      const offsets = new Map<LogEntry, number>();
      const all = new LogMarks(logStart);
      for (const entry of entries) offsets.set(entry, all.add(entry));
      const marks = new LogMarks(logStart);
      for (const entry of entries.slice(0, read)) marks.add(entry);
      const { mark } = marks;
      const again = new LogMarks(mark);
      for (const entry of entries) {
        if (mark.since === undefined || entry.at >= mark.since) {
          // Lines that were read late, after the break, do not count before the mark yet.
          const isLate = entries.indexOf(entry) >= read;
          const hasLate = entries.some((one, at) => at >= read && mark.since !== undefined && one.at < mark.since);
          if (isLate && hasLate) return;
          expect(again.add(entry)).toBe(offsets.get(entry));
        }
      }
    }),
  );
});

test('frames are parsed wherever they are cut', () => {
  const frame = (stream: number, text: string) => {
    const body = Buffer.from(`${timeOf(7)} ${text}`);
    const head = Buffer.alloc(8);
    head[0] = stream;
    head.writeUInt32BE(body.length, 4);
    return Buffer.concat([head, body]);
  };
  const bytes = Buffer.concat([frame(1, 'one\n'), frame(2, ''), frame(1, 'a b')]);
  for (let size = 1; size <= bytes.length; size += 1) {
    const frames = new LogFrames();
    const entries: LogEntry[] = [];
    for (let at = 0; at < bytes.length; at += size) entries.push(...frames.push(bytes.subarray(at, at + size)));
    expect(entries.map(({ stream, at, data }) => [stream, at, data.toString()])).toEqual([
      ['stdout', timeOf(7), 'one\n'],
      ['stderr', timeOf(7), ''],
      ['stdout', timeOf(7), 'a b'],
    ]);
  }
  expect(() =>
    new LogFrames().push(Buffer.from('HTTP/1.1 200 OK\r\n\r\nand more of it than a head has')),
  ).not.toThrow();
  expect(() => new LogFrames().push(frame(3, 'x'))).toThrow('not in the form');
});

test('the engine gets a time with its nanoseconds', () => {
  expect(sinceOf('2026-01-01T00:00:01.000000009Z')).toBe('1767225601.000000009');
});
