import { describe, expect, test } from 'vitest';
import { SignalboxError } from '../../../src/index.ts';
import { JsonOutput } from '../../../src/shell/output/json.ts';
import { ShellError } from '../../../src/shell/shell-error.ts';
import { MemorySink } from '../../support/in-process-shell.ts';
import { atMs, stamped, type Unstamped } from '../../support/stamped.ts';

const job = { id: 'boot.7', number: 7, client: 'w1', command: 'calculate' };
const counts = { completed: 1, failed: 0, cancelled: 0, rejected: 0, expired: 0, lost: 0 };

/** The written objects, without their `ts`. */
function written(say: (output: JsonOutput) => void, { isEvent = false } = {}): object[] {
  const sink = new MemorySink();
  const beforeMs = isEvent ? atMs : Date.now();
  say(new JsonOutput(sink));
  const afterMs = isEvent ? atMs : Date.now();
  return sink.json.map(({ ts, ...line }) => {
    expect(Object.keys({ ...line, ts })[0]).toBe('type');
    expect(Number.isInteger(ts) && ts >= beforeMs && ts <= afterMs).toBe(true);
    return line;
  });
}

/** Its `ts` is the time of the event. */
const told = (event: Unstamped) => written((output) => void output.event(stamped(event)), { isEvent: true });

describe('events', () => {
  const error = { code: 'not_ready', message: 'start first' } as const;
  const seconds = { result: { seconds: 2 }, durationMs: 2_001 };
  const ping = { result: 17, durationMs: 0, roundTripMs: 1.5, lagMs: 0 };

  test.each<[title: string, event: Unstamped, line: object]>([
    [
      'a client',
      { type: 'client.state', client: 'w1', state: 'offline', reason: 'gone' },
      { type: 'client', client: 'w1', state: 'offline', reason: 'gone' },
    ],
    ['a job that was accepted', { type: 'job.accepted', ...job }, { type: 'accepted', ...job }],
    ['an adopted one', { type: 'job.accepted', ...job, adopted: true }, { type: 'accepted', ...job, adopted: true }],
    [
      'a rejection',
      { type: 'job.settled', ...job, outcome: 'rejected', error, durationMs: 0 },
      { type: 'rejected', ...job, error },
    ],
    [
      'a result',
      { type: 'job.settled', ...job, outcome: 'completed', ...seconds, text: 'lasted 2 s', actor: 'owner' },
      { type: 'result', ...job, outcome: 'completed', ...seconds },
    ],
    [
      'a ping',
      { type: 'job.settled', ...job, outcome: 'completed', ...ping, text: '17' },
      { type: 'result', ...job, outcome: 'completed', ...ping },
    ],
    [
      'a result of nothing',
      { type: 'job.settled', ...job, outcome: 'completed', result: null, durationMs: 1 },
      { type: 'result', ...job, outcome: 'completed', result: null, durationMs: 1 },
    ],
    [
      'progress',
      { type: 'job.progress', ...job, fraction: 0.5, note: 'half' },
      { type: 'progress', ...job, fraction: 0.5, note: 'half' },
    ],
    [
      'a job whose client stays away',
      { type: 'job.unreachable', ...job, reason: 'w1 is away' },
      { type: 'unreachable', ...job, reason: 'w1 is away' },
    ],
    ['a job whose client is back', { type: 'job.reachable', ...job }, { type: 'reachable', ...job }],
    [
      'a late result',
      { type: 'job.late', ...job, outcome: 'completed', result: 1, text: '1' },
      { type: 'late', ...job, outcome: 'completed', result: 1 },
    ],
    [
      'a store that fails',
      { type: 'store', operation: 'commit', error },
      { type: 'store', operation: 'commit', error },
    ],
    ['an allow-list that cannot be read', { type: 'allow-list', error }, { type: 'allow-list', error }],
  ])('%s is one line with all its facts', (_, event, line) => {
    expect(told(event)).toEqual([line]);
  });

  test.each<Unstamped>([
    { type: 'job.submitted', ...job, args: {} },
    { type: 'job.records', ...job, records: [] },
    { type: 'client.joined', client: 'w1', bootId: 'boot', host: 'here', pid: 1 },
    { type: 'client.left', client: 'w1', reason: 'gone' },
    { type: 'client.handshake', address: '127.0.0.1', allowed: true },
    { type: 'client.violation', code: 'bad_message', reason: 'not msgpack' },
  ])('$type writes no line', (event) => {
    expect(told(event)).toEqual([]);
  });

  test('a client that was turned away is a client that is refused', () => {
    const error = { code: 'name_taken', message: 'it is here' } as const;
    expect(told({ type: 'client.refused', client: 'w1', error })).toEqual([
      { type: 'client', client: 'w1', state: 'refused', error },
    ]);
  });
});

describe('output', () => {
  const output = { type: 'job.output', ...job, stream: 'stdout', offset: 4 } as const;

  test.each<[title: string, bytes: Uint8Array, said: object]>([
    ['UTF-8 is text', Buffer.from('größe\n'), { data: 'größe\n' }],
    ['nothing is empty text', Buffer.alloc(0), { data: '' }],
    ['what is not UTF-8 is base64', Buffer.from([0x61, 0xff]), { data: 'Yf8=', encoding: 'base64' }],
  ])('%s', (_, data, said) => {
    expect(told({ ...output, data })).toEqual([{ ...output, type: 'output', ...said }]);
  });

  test.each<[title: string, text: string]>([
    ['a line break', 'a\n\u2028\u2029b\r\n'],
    ['C1 and DEL', '\u009b31m\u0080\u009f\u007f\u009d0;title\u009c'],
    ['what reorders text', '\u202e\u2066\u200f\u061c'],
    ['a byte-order mark', '\ufefftext'],
  ])('%s in it is escaped, and keeps its meaning', (_, text) => {
    const sink = new MemorySink();
    void new JsonOutput(sink).event(stamped({ ...output, data: Buffer.from(text) }));
    expect(sink.text).toMatch(/^[ -~]*\n$/);
    expect(sink.json).toMatchObject([{ data: text }]);
  });

  test('dropped bytes are counted', () => {
    expect(told({ ...output, data: Buffer.from('x'), lostBytes: 500 })).toMatchObject([{ lostBytes: 500, data: 'x' }]);
  });
});

describe('messages of the shell', () => {
  test('an error about a line has its place and what to type next', () => {
    const error = new ShellError('bad_arguments', 'SECONDS is missing', {
      at: { start: 2, end: 5 },
      hint: 'usage: calculate SECONDS MESSAGE',
    });
    const place = { source: 'nightly.box', line: 3, text: 'calculate' };
    expect(written((output) => output.error(error, place))).toEqual([
      {
        type: 'error',
        code: 'bad_arguments',
        message: 'SECONDS is missing',
        at: { start: 2, end: 5 },
        hint: 'usage: calculate SECONDS MESSAGE',
        source: 'nightly.box',
        line: 3,
      },
    ]);
  });

  test('an error without a place has a code and a message', () => {
    expect(written((output) => output.error(new SignalboxError('timed_out', 'too late')))).toEqual([
      { type: 'error', code: 'timed_out', message: 'too late' },
    ]);
  });

  test('a table is a line for each row, and nothing if it is empty', () => {
    const columns = [{ heading: 'N', cell: ({ n }: { n: number }) => String(n) }];
    const tableOf = (rows: { n: number }[]) => ({ type: 'row', rows, columns, empty: 'none' });
    expect(written((output) => output.table(tableOf([{ n: 1 }, { n: 2 }])))).toEqual([
      { type: 'row', n: 1 },
      { type: 'row', n: 2 },
    ]);
    expect(written((output) => output.table(tableOf([])))).toEqual([]);
  });

  test('an answer is its facts, without the text', () => {
    expect(written((output) => output.say('commands go to all', { targets: ['all'] }))).toEqual([
      { type: 'answer', targets: ['all'] },
    ]);
  });

  test('notes for people are left out', () => {
    expect(written((output) => output.note())).toEqual([]);
  });

  test('the summary has every count, and the exit code', () => {
    expect(written((output) => output.summary({ counts, unfinished: 1 }, 4))).toEqual([
      { type: 'summary', ...counts, unfinished: 1, exitCode: 4 },
    ]);
  });
});

describe('a pipe whose reader is gone', () => {
  test('fails the event, so that the client keeps its outcome', async () => {
    const sink = new MemorySink();
    sink.broken = new Error('gone');
    await expect(new JsonOutput(sink).event(stamped({ type: 'job.accepted', ...job }))).rejects.toThrow('gone');
  });

  test('fails a caller that waits until everything is written', async () => {
    const sink = new MemorySink();
    const output = new JsonOutput(sink);
    sink.broken = new Error('gone');
    output.summary({ counts, unfinished: 0 }, 0);
    await expect(output.flush()).rejects.toThrow('gone');
  });
});
