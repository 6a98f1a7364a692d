import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ServerEvent } from '../../../src/index.ts';
import { PromptOutput } from '../../../src/shell/prompt/prompt-output.ts';
import { createStyle } from '../../../src/shell/prompt/style.ts';
import { TextOutput } from '../../../src/shell/text-output.ts';
import { MemorySink } from '../in-process.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

test('where output of a job that floods is left out, nothing is joined over the gap', () => {
  const out = new MemorySink();
  const inner = new TextOutput({ out, err: out, bootId: 'boot', commands: new Map(), atPrompt: true });
  const output = new PromptOutput({ inner, out, bootId: 'boot', style: createStyle(false) });
  const print = (text: string): ServerEvent => ({
    ...{ type: 'output', id: 'boot.7', client: 'w1', command: 'run', stream: 'stdout', offset: 0 },
    data: Buffer.from(text),
  });
  void output.event(print(`${'line\n'.repeat(200)}be`));
  void output.event(print('fore\nhidden\nhid'));
  vi.advanceTimersByTime(1_500);
  void output.event(print('den\nafter\n'));
  expect(out.lines.slice(200)).toEqual(['w1 | be', 'w1 … 2 more lines: logs 7/w1', 'w1 | den', 'w1 | after']);
});
