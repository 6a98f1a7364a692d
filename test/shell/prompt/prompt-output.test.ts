import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TextOutput } from '../../../src/shell/output/text.ts';
import { PromptOutput } from '../../../src/shell/prompt/prompt-output.ts';
import { createStyle } from '../../../src/shell/prompt/style.ts';
import { MemorySink } from '../../support/in-process-shell.ts';
import { stamped, type Unstamped } from '../../support/stamped.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

function createPromptOutput(out: MemorySink): PromptOutput {
  const inner = new TextOutput({ out, err: out, commands: new Map(), atPrompt: true });
  return new PromptOutput({ inner, out, style: createStyle(false) });
}

function print(text: string): Unstamped {
  return {
    ...{ type: 'job.output', id: 'boot.7', number: 7, client: 'w1', command: 'run', stream: 'stdout', offset: 0 },
    data: Buffer.from(text),
  };
}

test('a flood without line breaks is left out too', () => {
  const out = new MemorySink();
  const output = createPromptOutput(out);
  for (let piece = 0; piece < 100; piece += 1) void output.event(stamped(print('x'.repeat(32_768))));
  vi.advanceTimersByTime(1_500);
  void output.event(stamped(print('\nafter\n')));
  const shown = out.lines.filter((line) => line.includes('xxx')).join('').length;
  expect(shown).toBeGreaterThan(32_768);
  expect(shown).toBeLessThan(5 * 32_768);
  expect(out.lines).toContain('w1 … 3211264 more bytes: logs 7/w1');
  expect(out.lines.at(-1)).toBe('w1 | after');
});

test('lines are not joined over a gap where output of a flooding job is left out', () => {
  const out = new MemorySink();
  const output = createPromptOutput(out);
  void output.event(stamped(print(`${'line\n'.repeat(200)}be`)));
  void output.event(stamped(print('fore\nhidden\nhid')));
  vi.advanceTimersByTime(1_500);
  void output.event(stamped(print('den\nafter\n')));
  expect(out.lines.slice(200)).toEqual(['w1 | be', 'w1 … 2 more lines: logs 7/w1', 'w1 | den', 'w1 | after']);
});
