import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonOutput } from '../../../src/shell/output/json.ts';
import { MemorySink } from '../../support/in-process-shell.ts';
import type { JsonLine } from '../../support/program.ts';
import { stamped, type Unstamped } from '../../support/stamped.ts';

type OutputEvent = Extract<Unstamped, { type: 'job.output' }>;

const job = { id: 'boot.7', number: 7, client: 'w1', command: 'run' };
const completed: Unstamped = { type: 'job.settled', ...job, outcome: 'completed', result: null, durationMs: 1 };
const base64 = 'base64';

function openOutput() {
  const sink = new MemorySink();
  return { output: new JsonOutput(sink), sink };
}

/** Sends these pieces of one stream in order. */
function pieces(...data: (Uint8Array | string)[]): OutputEvent[] {
  let offset = 0;
  return data.map((one) => {
    const event: OutputEvent = { type: 'job.output', ...job, stream: 'stdout', offset, data: Buffer.from(one) };
    offset += event.data.length;
    return event;
  });
}

const bytesOf = ({ data, encoding }: JsonLine) => Buffer.from(String(data), encoding === base64 ? base64 : 'utf8');

function told(...events: Unstamped[]): JsonLine[] {
  const { output, sink } = openOutput();
  for (const event of events) void output.event(stamped(event));
  return sink.json.filter(({ type }) => type === 'output');
}

const seen = (lines: JsonLine[]) =>
  lines.map(({ offset, data, encoding }) => [offset, data, ...(encoding ? [encoding] : [])]);

describe('output in JSON', () => {
  test('is cut between characters, however it arrives', () => {
    const text = 'größe €5 😀\n';
    const bytes = [...Buffer.from(text)].map((byte) => Buffer.from([byte]));
    const lines = told(...pieces(...bytes));
    expect(lines.map(({ data }) => data)).toEqual([...text]);
    expect(lines.every(({ encoding }) => encoding === undefined)).toBe(true);
  });

  test('has the offset of the first byte of each piece', () => {
    const bytes = Buffer.from('a€b');
    expect(seen(told(...pieces(bytes.subarray(0, 2), bytes.subarray(2))))).toEqual([
      [0, 'a'],
      [1, '€b'],
    ]);
  });

  test('is exactly the received bytes, each line valid UTF-8 or base64, for any bytes in any pieces', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc.string({ unit: 'grapheme', maxLength: 3 }).map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.array(fc.nat(80)), (parts, cuts) => {
        const all = Buffer.concat(parts);
        const at = [...new Set([0, ...cuts.filter((cut) => cut < all.length), all.length])].sort((a, b) => a - b);
        const cut = at.slice(1).map((end, index) => all.subarray(at[index], end));
        const lines = told(...pieces(...cut), completed);
        expect(Buffer.concat(lines.map(bytesOf))).toEqual(all);
        let offset = 0;
        for (const line of lines) {
          expect(line.offset).toBe(offset);
          offset += bytesOf(line).length;
          if (line.encoding === base64) expect(isUtf8(bytesOf(line))).toBe(false);
        }
        if (isUtf8(all)) expect(lines.some(({ encoding }) => encoding === base64)).toBe(false);
      }),
    );
  });

  test('of a stream that ends inside a character is complete before the end of its job', () => {
    const { output, sink } = openOutput();
    for (const event of [...pieces('a', Buffer.from([0xe2, 0x82])), completed]) void output.event(stamped(event));
    expect(sink.json.map(({ type, data }) => [type, data])).toEqual([
      ['output', 'a'],
      ['output', '4oI='],
      ['result', undefined],
    ]);
  });

  test('is complete before the summary of a script that was cut short', () => {
    const { output, sink } = openOutput();
    for (const event of pieces(Buffer.from([0xe2, 0x82]))) void output.event(stamped(event));
    const counts = { completed: 0, failed: 0, cancelled: 0, rejected: 0, expired: 0, lost: 0 };
    output.summary({ counts, unfinished: 1 }, 130);
    expect(sink.json.map(({ type, data }) => [type, data])).toEqual([
      ['output', '4oI='],
      ['summary', undefined],
    ]);
  });

  test('of streams and clients is not mixed', () => {
    const [first = completed, last = completed] = pieces(Buffer.from([0xc3]), Buffer.from([0xb6]));
    const others: OutputEvent[] = [
      { type: 'job.output', ...job, stream: 'stderr', offset: 0, data: Buffer.from('e') },
      { type: 'job.output', ...job, client: 'w2', stream: 'stdout', offset: 0, data: Buffer.from('o') },
    ];
    expect(told(first, ...others, last).map(({ data }) => data)).toEqual(['e', 'o', 'ö']);
  });

  test('after a gap that cut two characters is base64 at the cuts, and text elsewhere', () => {
    const euro = Buffer.from('€');
    const before = pieces(Buffer.concat([Buffer.from('a'), euro.subarray(0, 2)]));
    const after: OutputEvent = {
      ...{ type: 'job.output', ...job, stream: 'stdout', offset: 103, lostBytes: 100 },
      data: Buffer.concat([euro.subarray(1), Buffer.from('b')]),
    };
    const lines = told(...before, after);
    expect(seen(lines)).toEqual([
      [0, 'a'],
      [1, euro.subarray(0, 2).toString(base64), base64],
      [103, euro.subarray(1).toString(base64), base64],
      [105, 'b'],
    ]);
    expect(lines.map(({ lostBytes }) => lostBytes)).toEqual([undefined, undefined, 100, undefined]);
  });

  test('is not acknowledged before the last byte of the piece has been written', async () => {
    const { output, sink } = openOutput();
    const [first = completed, last = completed] = pieces(Buffer.from([0x61, 0xc3]), Buffer.from([0xb6]));
    const written: string[] = [];
    const one = Promise.resolve(output.event(stamped(first))).then(() => written.push(sink.text));
    await output.event(stamped(last));
    await one;
    expect(written).toEqual([sink.text]);
  });

  test('that was kept says so, and is cut in the same way', () => {
    const { output, sink } = openOutput();
    const data = Buffer.from('€b€').subarray(1, 6);
    output.replay({ ...job, stream: 'stdout', offset: 11, data, lostBytes: 11 });
    expect(sink.json.map(({ offset, replay, lostBytes }) => [offset, replay, lostBytes])).toEqual([
      [11, true, 11],
      [13, true, undefined],
      [14, true, undefined],
    ]);
    expect(Buffer.concat(sink.json.map(bytesOf))).toEqual(data);
    expect(sink.json[1]).toMatchObject({ data: 'b' });
  });
});
