import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { noOutcomes } from '../../../src/shell/output/tally.ts';
import { TextOutput } from '../../../src/shell/output/text.ts';
import { MemorySink } from '../../support/in-process-shell.ts';
import { stamped, type Unstamped } from '../../support/stamped.ts';

type OutputEvent = Extract<Unstamped, { type: 'job.output' }>;

const job = { id: 'boot.7', number: 7, client: 'w1', command: 'calculate' };
const printed = (text: string | Uint8Array, facts: Partial<OutputEvent> = {}): OutputEvent => ({
  type: 'job.output',
  ...job,
  stream: 'stdout',
  offset: 0,
  data: Buffer.from(text),
  ...facts,
});
const completed: Unstamped = { type: 'job.settled', ...job, outcome: 'completed', result: null, durationMs: 1 };

function openOutput({ atPrompt = false } = {}) {
  const [out, err] = [new MemorySink(), new MemorySink()];
  return { output: new TextOutput({ out, err, commands: new Map(), atPrompt }), out, err };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

function told(...events: Unstamped[]): string[] {
  const { output, out } = openOutput();
  for (const event of events) void output.event(stamped(event));
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

  test('a line is shown when it is complete, however it is cut', () => {
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

  test('an unfinished line is shown before the end of its job', () => {
    expect(told(printed('x'), printed('y', { stream: 'stderr' }), completed).slice(0, 2)).toEqual(['w1 | x', 'w1 ! y']);
  });

  test('the number of dropped bytes is shown', () => {
    expect(told(printed('x\n', { lostBytes: 500 }))).toEqual(['w1 … 500 bytes of output were dropped here', 'w1 | x']);
  });

  test('a terminal obeys none of its control characters; a tab stays', () => {
    expect(told(printed('\x1b[2Ja\tb\u202e\x07\n'))).toEqual(['w1 | \\x1b[2Ja\tb\\u202e\\x07']);
  });

  test('output after a gap does not continue the line before it', () => {
    expect(told(printed('half'), printed('x\n', { lostBytes: 500 }))).toEqual([
      'w1 | half',
      'w1 … 500 bytes of output were dropped here',
      'w1 | x',
    ]);
  });

  test('a line without an end does not fill the memory', () => {
    const { output, out } = openOutput();
    const chunk = printed('x'.repeat(32_768));
    for (let count = 0; count < 128; count += 1) void output.event(stamped(chunk));
    expect(out.text.length).toBeGreaterThan(3 * 1_048_576);
  });
});

describe('a line that has not ended', () => {
  test('is shown when nothing follows it, and its later text is marked as a continuation', () => {
    const { output, out } = openOutput();
    void output.event(stamped(printed('Continue? [y/N] ')));
    vi.advanceTimersByTime(1_000);
    expect(out.lines).toEqual(['w1 | Continue? [y/N] ']);
    void output.event(stamped(printed('yes\nok\n')));
    expect(out.lines.slice(1)).toEqual(['w1 |… yes', 'w1 | ok']);
  });

  test('is marked on each stream, and other streams are not mixed with it', () => {
    const { output, out } = openOutput();
    void output.event(stamped(printed('a')));
    void output.event(stamped(printed('b', { stream: 'stderr' })));
    void output.event(stamped(printed('c', { client: 'w2' })));
    vi.advanceTimersByTime(1_000);
    void output.event(stamped(printed('d\n', { stream: 'stderr' })));
    void output.event(stamped(completed));
    expect(out.lines).toEqual(['w1 | a', 'w1 ! b', 'w2 | c', 'w1 !… d']);
  });

  test('is shown within a second even if it never pauses', () => {
    const { output, out } = openOutput();
    for (let count = 0; count < 30; count += 1) {
      void output.event(stamped(printed('.')));
      vi.advanceTimersByTime(100);
    }
    expect(out.lines.length).toBeGreaterThanOrEqual(2);
    expect(out.lines.length).toBeLessThanOrEqual(3);
    expect(out.lines.slice(1).every((line) => line.startsWith('w1 |… '))).toBe(true);
  });

  test('and is rewritten, like a progress bar, shows a state occasionally, and the last one', () => {
    const { output, out } = openOutput();
    for (let percent = 0; percent <= 100; percent += 1) {
      void output.event(stamped(printed(`\r${percent} %`)));
      vi.advanceTimersByTime(200);
    }
    void output.event(stamped(printed('\n')));
    expect(out.lines[0]).toMatch(/^w1 \| [0-5] %$/);
    expect(out.lines.at(-1)).toBe('w1 | 100 %');
    expect(out.lines.length).toBeLessThan(8);
  });

  test('and is rewritten is left to the row of its job at the prompt, until it ends', () => {
    const { output, out } = openOutput({ atPrompt: true });
    for (const state of ['1 %', '\r2 %', '\r3 %']) void output.event(stamped(printed(state)));
    vi.advanceTimersByTime(60_000);
    expect(out.lines).toEqual([]);
    void output.event(stamped(printed('\n')));
    expect(out.lines).toEqual(['w1 | 3 %']);
  });

  test('is shown before the summary of a script that was cut short', () => {
    const { output, out } = openOutput();
    void output.event(stamped(printed('half')));
    output.summary({ counts: noOutcomes(), unfinished: 1 }, 130);
    expect(out.lines).toEqual(['w1 | half']);
    vi.advanceTimersByTime(60_000);
    expect(out.lines).toEqual(['w1 | half']);
  });

  test('and is too long is shown in parts that are marked', () => {
    const lines = told(printed('x'.repeat(300_000)), printed('\n'));
    expect(lines.map((line) => line.slice(0, 6))).toEqual(['w1 | x', ...Array(4).fill('w1 |… ')]);
    expect(lines.map((line) => line.replace(/^w1 \|…? /, '')).join('')).toBe('x'.repeat(300_000));
  });
});
