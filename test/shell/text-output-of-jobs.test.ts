import { describe, expect, test } from 'vitest';
import type { ServerEvent } from '../../src/index.ts';
import { TextOutput } from '../../src/shell/text-output.ts';
import { MemorySink } from './in-process.ts';

type OutputEvent = Extract<ServerEvent, { type: 'output' }>;

const job = { id: 'boot.7', client: 'w1', command: 'calculate' };
const printed = (text: string | Uint8Array, facts: Partial<OutputEvent> = {}): OutputEvent => ({
  type: 'output',
  ...job,
  stream: 'stdout',
  offset: 0,
  data: Buffer.from(text),
  ...facts,
});
const completed: ServerEvent = { type: 'result', ...job, outcome: 'completed', result: null, durationMs: 1 };

function openOutput() {
  const [out, err] = [new MemorySink(), new MemorySink()];
  return { output: new TextOutput({ out, err, bootId: 'boot', commands: new Map(), atPrompt: false }), out };
}

function told(...events: ServerEvent[]): string[] {
  const { output, out } = openOutput();
  for (const event of events) void output.event(event);
  return out.lines;
}

describe('output of a job', () => {
  test('each line has the name of its client, and the mark of its stream', () => {
    expect(told(printed('a\nb\r\n\n'), printed('c\n', { stream: 'stderr' }))).toEqual([
      'w1 | a',
      'w1 | b',
      'w1 | ',
      'w1 ! c',
    ]);
  });

  test('a line is shown when it is whole, however it is cut', () => {
    const bytes = Buffer.from('größe\r\n');
    const pieces = Array.from(bytes, (_, at) => printed(bytes.subarray(at, at + 1)));
    expect(told(...pieces.slice(0, -1))).toEqual([]);
    expect(told(...pieces)).toEqual(['w1 | größe']);
  });

  test('streams and clients are not mixed', () => {
    const other = printed('y\n', { client: 'w2' });
    expect(told(printed('x'), printed('z\n', { stream: 'stderr' }), other, printed('\n'))).toEqual([
      'w1 ! z',
      'w2 | y',
      'w1 | x',
    ]);
  });

  test('what no line break has ended is shown before the end of its job', () => {
    expect(told(printed('x'), printed('y', { stream: 'stderr' }), completed).slice(0, 2)).toEqual(['w1 | x', 'w1 ! y']);
  });

  test('the number of bytes that were dropped is told', () => {
    expect(told(printed('x\n', { lostBytes: 500 }))).toEqual(['w1 … 500 bytes of output were dropped here', 'w1 | x']);
  });

  test('a terminal obeys none of it; a tab stays', () => {
    expect(told(printed('\x1b[2Ja\tb\u202e\x07\n'))).toEqual(['w1 | \\x1b[2Ja\tb\\u202e\\x07']);
  });

  test('a line without an end does not fill the memory', () => {
    const { output, out } = openOutput();
    const chunk = printed('x'.repeat(32_768));
    for (let count = 0; count < 128; count += 1) void output.event(chunk);
    expect(out.text.length).toBeGreaterThan(3 * 1_048_576);
  });
});
