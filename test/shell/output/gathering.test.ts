import { expect, test } from 'vitest';
import type { Outcome } from '../../../src/index.ts';
import type { SentGroup } from '../../../src/plugin/sent.ts';
import { GatheringOutput } from '../../../src/shell/output/gathering.ts';
import { TextOutput } from '../../../src/shell/output/text.ts';
import { MemorySink } from '../../support/in-process-shell.ts';
import { stamped } from '../../support/stamped.ts';

function open() {
  const out = new MemorySink();
  const inner = new TextOutput({ out, err: out, commands: new Map(), atPrompt: false });
  return { out, output: new GatheringOutput(inner, out) };
}

const group = (id: string, ...clients: string[]) =>
  ({
    id,
    number: 1,
    jobs: clients.map((client) => ({ id, number: 1, client, command: 'run' })),
  }) as unknown as SentGroup;
const job = (client: string, id = 'boot.1') => ({ id, number: 1, client, command: 'run' });
const wrote = (client: string, text: string, { id = 'boot.1', stream = 'stdout', lostBytes = 0 } = {}) =>
  stamped({
    ...{ type: 'job.output', ...job(client, id), stream: stream as 'stdout', offset: 0, data: Buffer.from(text) },
    ...(lostBytes > 0 && { lostBytes }),
  });
const ended = (client: string, outcome: Outcome = 'completed', id = 'boot.1') =>
  stamped({ type: 'job.settled', ...job(client, id), outcome } as never);

test('identical output is shown once, when all jobs have ended, however it was split', () => {
  const { out, output } = open();
  output.gather()(group('boot.1', 'w1', 'w2', 'w3', 'db'));
  output.sent(group('boot.1', 'w1', 'w2', 'w3', 'db'));
  void output.event(wrote('w2', 'one\ntw'));
  void output.event(wrote('db', 'other'));
  for (const client of ['w1', 'w3']) void output.event(wrote(client, 'one\ntwo\n'));
  void output.event(wrote('w2', 'o\n'));
  for (const client of ['w2', 'db', 'w3']) void output.event(ended(client));
  expect(out.text).toBe('');
  void output.event(ended('w1'));
  expect(out.lines).toEqual(['w[1-3]:', ' | one', ' | two', 'db:', ' | other', 'db, w[1-3]: 1 run completed']);
});

test('standard error distinguishes clients, and follows standard output', () => {
  const { out, output } = open();
  output.gather()(group('boot.1', 'w1', 'w2'));
  void output.event(wrote('w1', 'no\n', { stream: 'stderr' }));
  for (const client of ['w1', 'w2']) void output.event(wrote(client, 'yes\n'));
  for (const client of ['w1', 'w2']) void output.event(ended(client));
  expect(out.lines.slice(0, 5)).toEqual(['w1:', ' | yes', ' ! no', 'w2:', ' | yes']);
});

test('events that arrive before their line is known wait, and those of other lines follow them', async () => {
  const { out, output } = open();
  const sent = output.gather();
  const taken = [output.event(wrote('w1', 'early\n')), output.event(wrote('w9', 'other\n', { id: 'boot.7' }))];
  expect(out.text).toBe('');
  sent(group('boot.1', 'w1'));
  await Promise.all(taken);
  expect(out.lines).toEqual(['w9 | other']);
  void output.event(ended('w1'));
  expect(out.lines.slice(0, 3)).toEqual(['w9 | other', 'w1:', ' | early']);
});

test('a line that could not be sent delays nothing', async () => {
  const { out, output } = open();
  const sent = output.gather();
  const taken = output.event(wrote('w1', 'other\n'));
  sent();
  await taken;
  expect(out.lines).toEqual(['w1 | other']);
});

test('a job that writes more than 1 MiB, or loses output, is shown as it writes', () => {
  const { out, output } = open();
  output.gather()(group('boot.1', 'w1', 'w2', 'w3'));
  void output.event(wrote('w1', 'first\n'));
  void output.event(wrote('w1', `${'x'.repeat(1024 * 1024)}\n`));
  void output.event(wrote('w1', 'last\n'));
  void output.event(wrote('w2', 'rest\n', { lostBytes: 7 }));
  expect(out.lines.map((line) => line.slice(0, 20))).toEqual([
    'w1 | first',
    ...Array.from({ length: 16 }, (_, at) => `w1 |${at === 0 ? '' : '…'} ${'x'.repeat(20)}`.slice(0, 20)),
    'w1 | last',
    'w2 … 7 bytes of outp',
    'w2 | rest',
  ]);
});

test('when the wait ends, gathered output is shown, and later output as it arrives', () => {
  const { out, output } = open();
  output.gather()(group('boot.1', 'w1', 'w2'));
  void output.event(wrote('w1', 'a\n'));
  output.group({ id: 'boot.1', number: 1, command: 'run', clients: 2, names: { running: ['w1', 'w2'] } });
  void output.event(wrote('w1', 'b\n'));
  expect(out.lines).toEqual(['w1:', ' | a', 'all 2: 1 run: 2 running (w[1-2])', 'w1 | b']);
});

test('the report of a line that has ended follows its output', () => {
  const { out, output } = open();
  output.gather()(group('boot.1', 'w1', 'w2'));
  output.sent(group('boot.1', 'w1', 'w2'));
  void output.event(ended('w1', 'completed'));
  output.group({ id: 'boot.1', number: 1, command: 'run', clients: 2, names: { completed: ['w1', 'w2'] } });
  void output.event(wrote('w2', 'b\n'));
  void output.event(ended('w2', 'completed'));
  expect(out.lines).toEqual(['w2:', ' | b', 'w[1-2]: 1 run completed']);
});
