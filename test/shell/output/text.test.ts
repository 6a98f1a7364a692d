// Over 250 lines: pairs of events and the text for them, with one output made at the top.
import { describe, expect, test } from 'vitest';
import { type CommandContract, calculate, type JobGroup, ping, SignalboxError, start } from '../../../src/index.ts';
import type { BroadcastReport } from '../../../src/shell/broadcast.ts';
import { noOutcomes } from '../../../src/shell/output/tally.ts';
import { TextOutput } from '../../../src/shell/output/text.ts';
import { ShellError } from '../../../src/shell/shell-error.ts';
import { MemorySink } from '../../support/in-process-shell.ts';
import { stamped, type Unstamped } from '../../support/stamped.ts';

const job = { id: 'boot.7', number: 7, client: 'w1', command: 'calculate' };
const contracts: CommandContract[] = [start, ping, calculate];
const commands = new Map(contracts.map((contract) => [contract.name, contract]));

function openOutput({ atPrompt = false } = {}) {
  const [out, err] = [new MemorySink(), new MemorySink()];
  return { output: new TextOutput({ out, err, commands, atPrompt }), out, err };
}

const completed: Unstamped = {
  type: 'job.settled',
  ...job,
  outcome: 'completed',
  result: { seconds: 2 },
  text: 'lasted 2 s',
  durationMs: 2_001,
};

/** A command that was sent to these clients. */
const sentTo = (id: string, clients: readonly string[]) =>
  ({ id, number: 7, jobs: clients.map((client) => ({ id, client, command: 'calculate' })) }) as unknown as JobGroup;

function told(...events: Unstamped[]): string[] {
  const { output, out } = openOutput();
  for (const event of events) void output.event(stamped(event));
  void output.flush();
  return out.lines;
}

describe('the end of a job', () => {
  test.each<[title: string, event: Unstamped, line: string]>([
    ['work says how long it took and what came of it', completed, 'w1: 7 calculate completed in 2.0 s: lasted 2 s'],
    [
      'a job of another server has the number that this one gave it',
      { ...completed, id: 'other.3', number: 3, adopted: true },
      'w1: 3 calculate completed in 2.0 s: lasted 2 s',
    ],
    [
      'a control command says no time',
      { ...completed, command: 'start', result: { state: 'ready', changed: false }, text: 'already ready' },
      'w1: 7 start completed: already ready',
    ],
    [
      'ping says the time of the way and the lag',
      {
        ...completed,
        command: 'ping',
        result: 1_700_000_000,
        text: '1700000000',
        durationMs: 0,
        roundTripMs: 1.25,
        lagMs: 3,
      },
      'w1: 7 ping completed in 0 ms: 1700000000 (round trip 1.25 ms, lag 3 ms)',
    ],
    [
      'a failure says its code and why',
      {
        type: 'job.settled',
        ...job,
        outcome: 'failed',
        error: { code: 'command_failed', message: 'no' },
        durationMs: 5,
      },
      'w1: 7 calculate failed in 5 ms: command_failed: no',
    ],
    [
      'what never ran took no time',
      { type: 'job.settled', ...job, outcome: 'expired', error: { code: 'expired', message: 'late' }, durationMs: 0 },
      'w1: 7 calculate expired: late',
    ],
    [
      'what is lost took nobody knows how long',
      { type: 'job.settled', ...job, outcome: 'lost', error: { code: 'lost', message: 'gone' } },
      'w1: 7 calculate lost: gone',
    ],
    [
      'a cancelled job says who cancelled it, without repeating the outcome',
      {
        type: 'job.settled',
        ...job,
        outcome: 'cancelled',
        error: { code: 'cancelled', message: 'cancelled by the server' },
        durationMs: 5,
      },
      'w1: 7 calculate cancelled in 5 ms: by the server',
    ],
    [
      'a rejection says its code and why',
      { type: 'job.settled', ...job, outcome: 'rejected', error: { code: 'not_ready', message: 'start first' } },
      'w1: 7 calculate rejected: not_ready: start first',
    ],
    [
      'a job whose client stays away is unreachable',
      { type: 'job.unreachable', ...job, reason: 'w1 is away' },
      'w1: 7 calculate is unreachable: w1 is away',
    ],
    [
      'a job whose client is back is reachable',
      { type: 'job.reachable', ...job },
      'w1: 7 calculate is reachable again',
    ],
    [
      'a late result is shown as late',
      { type: 'job.late', ...job, outcome: 'completed', result: { seconds: 2 } },
      'w1: 7 calculate completed after it had been settled as lost',
    ],
    [
      'the result of a command that is not known here is in the words of the server',
      { ...completed, command: 'brew', result: { cups: 1 }, text: '1 cup\x07' },
      'w1: 7 brew completed in 2.0 s: 1 cup\\x07',
    ],
    [
      'no result is nothing',
      { type: 'job.settled', ...job, command: 'brew', outcome: 'completed', durationMs: 2_001 },
      'w1: 7 brew completed in 2.0 s',
    ],
  ])('%s', (_, event, line) => {
    expect(told(event)).toEqual([line]);
  });
});

describe('the ends of the jobs of one line', () => {
  const clients = ['w2', 'w10', 'w1'];
  const ends = (outcome: (client: string) => Partial<Unstamped>) =>
    clients.map((client) => ({ ...completed, client, ...outcome(client) }) as Unstamped);
  const report = (names: BroadcastReport['names']): BroadcastReport => ({
    id: 'boot.7',
    number: 7,
    command: 'calculate',
    clients: clients.length,
    names,
  });

  test('that are alike share one line, as soon as the line has ended on all its clients', () => {
    const { output, out } = openOutput();
    output.sent(sentTo('boot.7', clients));
    const tookMs: Record<string, number> = { w1: 2_000, w2: 1_500, w10: 2_001 };
    for (const event of ends((client) => ({ durationMs: tookMs[client] ?? 0 }))) void output.event(stamped(event));
    expect(out.lines).toEqual(['w[1-2,10]: 7 calculate completed in 1.5 to 2.0 s: lasted 2 s']);
    output.group(report({ completed: clients }));
    expect(out.lines).toHaveLength(1);
  });

  test('that differ get a line each, failures first, and a count', () => {
    const { output, out } = openOutput();
    output.sent(sentTo('boot.7', clients));
    const failed = { outcome: 'failed', result: undefined, error: { code: 'command_failed', message: 'exit code 2' } };
    for (const event of ends((client) => (client === 'w10' ? (failed as object) : {})))
      void output.event(stamped(event));
    output.group(report({ completed: ['w2', 'w1'], failed: ['w10'] }));
    expect(out.lines).toEqual([
      'w10: 7 calculate failed in 2.0 s: command_failed: exit code 2',
      'w[1-2]: 7 calculate completed in 2.0 s: lasted 2 s',
      'all 3: 7 calculate: 2 completed, 1 failed (w10)',
    ]);
  });

  test('are not gathered if the line was for one client', () => {
    const { output, out } = openOutput();
    output.sent(sentTo('boot.7', ['w1']));
    void output.event(stamped(completed));
    expect(out.lines).toHaveLength(1);
  });

  test('are shown before later questions and errors, and before the summary', () => {
    const { output, out, err } = openOutput();
    output.sent(sentTo('boot.7', clients));
    const [one = completed, other = completed] = ends(() => ({}));
    void output.event(stamped(one));
    output.say('an answer');
    void output.event(stamped(other));
    output.summary({ counts: noOutcomes(), unfinished: 1 }, 130);
    expect(out.lines.map((line) => line.split(' ')[0])).toEqual(['w2:', 'an', 'w10:']);
    expect(err.lines).toEqual(['1 unfinished; exit code 130']);
  });

  test('are written when their promise resolves, also if the line has not ended on all clients', async () => {
    const { output, out } = openOutput();
    output.sent(sentTo('boot.7', clients));
    const [one = completed] = ends(() => ({}));
    await output.event(stamped(one));
    expect(out.lines).toHaveLength(1);
  });

  test('of clients that have not answered are reported by name when the wait ends', () => {
    const { output, out } = openOutput();
    output.sent(sentTo('boot.7', clients));
    void output.event(stamped(completed));
    output.group(report({ completed: ['w1'], silent: ['w2', 'w10'] }));
    expect(out.lines.at(-1)).toBe('all 3: 7 calculate: 1 completed, 2 silent (w[2,10])');
  });
});

test.each<[operation: 'commit' | 'find' | 'prune', why: string, back: string]>([
  ['commit', 'the disk is full\\x07; new commands are refused until it is back', 'the store is back'],
  [
    'find',
    'jobs held by clients cannot be looked up, so these clients get no new jobs: the disk is full\\x07',
    'jobs held by clients are looked up again',
  ],
  ['prune', 'old jobs cannot be deleted: the disk is full\\x07', 'old jobs are deleted again'],
])('a store that fails at %s, and its return, are reported on stderr', (operation, why, back) => {
  const { output, out, err } = openOutput();
  const error = { code: 'unavailable', message: 'the disk is full\x07' } as const;
  void output.event(stamped({ type: 'store', operation, error }));
  void output.event(stamped({ type: 'store', operation }));
  expect([out.text, err.lines]).toEqual(['', [why, back]]);
});

describe('clients', () => {
  const change = (state: 'ready' | 'offline' | 'unresponsive'): Unstamped => ({
    type: 'client.state',
    client: 'w1',
    state,
    reason: 'silent\x07',
  });

  test('a script reports those that are offline, on stderr; the prompt reports all', () => {
    const told = [false, true].map((atPrompt) => {
      const { output, out, err } = openOutput({ atPrompt });
      for (const state of ['ready', 'unresponsive', 'offline'] as const) void output.event(stamped(change(state)));
      expect(out.text).toBe('');
      return err.lines;
    });
    const away = ['w1 is unresponsive: silent\\x07', 'w1 is offline: silent\\x07'];
    expect(told).toEqual([away, ['w1 is ready: silent\\x07', ...away]]);
  });

  test.each([
    [1, 'w1 holds 1 job of another store; --adopt adopts it'],
    [3, 'w1 holds 3 jobs of another store; --adopt adopts them'],
  ])(
    'the prompt says of one that joins that it holds %i jobs of another store; a script does not',
    (elsewhere, line) => {
      const told = [false, true].map((atPrompt) => {
        const { output, err } = openOutput({ atPrompt });
        void output.event(stamped({ type: 'client.state', client: 'w1', state: 'ready', elsewhere }));
        return err.lines;
      });
      expect(told).toEqual([[], ['w1 is ready', line]]);
    },
  );

  test('one that was turned away is reported with the reason', () => {
    const { output, err } = openOutput();
    void output.event(
      stamped({ type: 'client.refused', client: 'w1', error: { code: 'name_taken', message: 'it is here' } }),
    );
    expect(err.lines).toEqual(['w1 was refused: it is here']);
  });

  test('many that were turned away at once are reported by their number', () => {
    const { output, err } = openOutput();
    void output.event(
      stamped({ type: 'client.refused', times: 2_900, error: { code: 'not_allowed', message: 'no key' } }),
    );
    expect(err.lines).toEqual(['others were refused 2900 times: no key']);
  });
});

describe('messages of the shell', () => {
  test('a table is in columns, and text if it is empty', () => {
    const { output, out } = openOutput();
    const columns = [
      { heading: 'NAME', cell: ({ name }: { name: string }) => name },
      { heading: 'N', cell: ({ n }: { n: number }) => String(n) },
    ];
    const rows = [
      { name: 'longer', n: 1 },
      { name: 'a\x1b', n: 20 },
    ];
    output.table({ type: 'row', rows, columns, empty: 'none' });
    output.table({ type: 'row', rows: [] as typeof rows, columns, empty: 'none' });
    expect(out.lines.map((line) => line.replace(/ +/g, ' '))).toEqual(['NAME N', 'longer 1', 'a\\x1b 20', 'none']);
  });

  test('an error names the file and the line, except for a line typed at the prompt', () => {
    const place = { source: 'nightly.box', line: 3, text: 'pnig' };
    const error = new ShellError('unknown_command', "there is no command 'pnig'", { at: { start: 0, end: 4 } });
    const [script, prompt] = [openOutput(), openOutput({ atPrompt: true })];
    script.output.error(error, place);
    prompt.output.error(new SignalboxError('closed', 'it is\x07 closed'), { ...place, source: 'prompt' });
    prompt.output.error(error, place);
    expect(script.err.lines).toEqual(["nightly.box, line 3: there is no command 'pnig'", '  pnig', '  ^^^^']);
    expect(prompt.err.lines).toEqual(['it is\\x07 closed', ...script.err.lines]);
  });

  test('the summary names what happened, and the exit code if it is not 0', () => {
    const { output, out, err } = openOutput();
    const counts = { completed: 2, failed: 0, cancelled: 1, rejected: 0, expired: 0, lost: 0 };
    output.summary({ counts, unfinished: 0 }, 0);
    output.summary({ counts, unfinished: 2 }, 4);
    output.summary({ counts: { ...counts, completed: 0, cancelled: 0 }, unfinished: 0 }, 2);
    expect(err.lines).toEqual(['2 completed, 1 cancelled', '2 completed, 1 cancelled, 2 unfinished; exit code 4']);
    expect(out.text).toBe('');
  });

  test('the ends of a command for several clients are one line, which names the clients that did not complete it', () => {
    const report = { id: 'boot.7', number: 7, command: 'calculate' };
    const ten = Array.from({ length: 10 }, (_, index) => `w${index}`);
    const lines = [false, true].map((atPrompt) => {
      const { output, out } = openOutput({ atPrompt });
      output.group({ ...report, clients: 4, names: { completed: ['w1', 'w3'], rejected: ['w2'], silent: ['w4'] } });
      output.group({ ...report, clients: 10, names: { rejected: ten } });
      return out.lines;
    });
    const four = 'all 4: 7 calculate: 2 completed, 1 rejected (w2), 1 silent (w4)';
    expect(lines).toEqual([
      [four, 'all 10: 7 calculate: 10 rejected (w[0-9])'],
      [four, 'all 10: 7 calculate: 10 rejected (w[0-9])'],
    ]);
  });

  test('notes are shown only at the prompt', () => {
    const [script, prompt] = [openOutput(), openOutput({ atPrompt: true })];
    for (const { output } of [script, prompt]) output.note('7 ping → w1');
    expect([script.out.text, prompt.out.text]).toEqual(['', '7 ping → w1\n']);
  });

  test('a broken pipe fails the event and callers that wait for all output', async () => {
    const { output, out } = openOutput();
    out.broken = new Error('gone');
    await expect(output.event(stamped(completed))).rejects.toThrow('gone');
    await expect(output.flush()).rejects.toThrow('gone');
  });
});
