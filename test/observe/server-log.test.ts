import { expect, test } from 'vitest';
import { DivertibleSink } from '../../src/host/divertible-sink.ts';
import { EndBound } from '../../src/host/end-bound.ts';
import { Hangups } from '../../src/host/hangups.ts';
import { SignalboxError } from '../../src/index.ts';
import { openLog } from '../../src/observe/log/open-log.ts';
import { ServerLog } from '../../src/observe/log/server-log.ts';
import { reportFault } from '../../src/observe/report-fault.ts';
import type { Event } from '../../src/plugin/observer.ts';
import { MemorySink } from '../support/in-process-shell.ts';

function openHost() {
  const stderr = Object.assign(new MemorySink(), { end: async () => {} });
  const host = { stderr: new DivertibleSink(stderr), endBound: new EndBound(stderr, () => {}), hangups: new Hangups() };
  return { stderr, host };
}

/** A log that has received these events and has ended. */
async function logged(events: readonly Event[]): Promise<object[]> {
  const { stderr, host } = openHost();
  {
    await using opened = await openLog({ to: '-', level: 'debug', program: 'server', host });
    using log = new ServerLog(opened.logger);
    for (const event of events) log.on(event);
  }
  return stderr.json;
}

const at = (seq: number) => ({ seq, atMs: 1_795_266_487_000 + seq });
const job = { id: 'boot.1', number: 1, client: 'w1', command: 'run' };

test('a record of the log has the time of its event, and no text from the command itself', async () => {
  const error = { code: 'command_failed', message: 'secret' } as const;
  const schedule = { schedule: 'nightly/1', workflow: 'nightly' };
  const events: Event[] = [
    { ...at(1), type: 'client.joined', client: 'w1', bootId: 'b', host: 'box', pid: 7 },
    { ...at(2), type: 'client.state', client: 'w1', state: 'ready' },
    { ...at(3), type: 'job.submitted', ...job, actor: 'alice', args: { argv: ['true'] } },
    { ...at(4), type: 'job.accepted', ...job },
    { ...at(5), type: 'job.output', ...job, stream: 'stdout', offset: 0, data: Buffer.from('secret') },
    { ...at(6), type: 'job.settled', ...job, outcome: 'failed', error, text: 'secret', durationMs: 4 },
    { ...at(7), type: 'job.settled', ...job, outcome: 'rejected', error: { code: 'busy', message: 'secret' } },
    { ...at(8), type: 'job.late', ...job, outcome: 'completed', result: 'secret' },
    { ...at(9), type: 'client.violation', client: 'w1', code: 'bad_message', reason: 'no msgpack' },
    { ...at(10), type: 'client.left', client: 'w1', reason: 'gone' },
    { ...at(11), type: 'allow-list' },
    { ...at(12), type: 'store', operation: 'commit', error: { code: 'unavailable', message: 'the disk is full' } },
    { ...at(13), type: 'store', operation: 'commit' },
    { ...at(14), type: 'workflow.asked', run: 7, workflow: 'nightly', task: 'tell', question: 'secret' },
    { ...at(15), type: 'workflow.task', run: 7, workflow: 'nightly', task: 'tell', state: 'failed', error: 'secret' },
    {
      ...at(16),
      type: 'workflow.ended',
      run: 7,
      workflow: 'nightly',
      outcome: 'failed',
      failed: [{ task: 'tell', state: 'failed', error: 'secret' }],
    },
    { ...at(17), ...schedule, type: 'schedule.loaded', when: '@daily', nextMs: [1] },
    { ...at(18), ...schedule, type: 'schedule.started', plannedMs: 1, run: 7 },
    { ...at(19), ...schedule, type: 'schedule.skipped', plannedMs: 1, reason: 'overlap' },
    { ...at(20), ...schedule, type: 'schedule.skipped', plannedMs: 1, reason: 'missed' },
  ];
  const program = { program: 'server', pid: process.pid };
  expect(await logged(events)).toEqual([
    {
      level: 'info',
      ts: at(1).atMs,
      ...program,
      client: 'w1',
      bootId: 'b',
      host: 'box',
      clientPid: 7,
      msg: 'client joined',
    },
    { level: 'info', ts: at(2).atMs, ...program, client: 'w1', state: 'ready', msg: 'client state' },
    {
      level: 'debug',
      ts: at(3).atMs,
      ...program,
      ...job,
      args: { argv: ['true'] },
      actor: 'alice',
      msg: 'command sent',
    },
    { level: 'debug', ts: at(4).atMs, ...program, ...job, msg: 'job accepted' },
    {
      level: 'debug',
      ts: at(6).atMs,
      ...program,
      ...job,
      outcome: 'failed',
      code: 'command_failed',
      durationMs: 4,
      msg: 'job ended',
    },
    { level: 'warn', ts: at(7).atMs, ...program, ...job, code: 'busy', msg: 'job rejected' },
    { level: 'warn', ts: at(8).atMs, ...program, ...job, outcome: 'completed', msg: 'outcome came late' },
    {
      level: 'warn',
      ts: at(9).atMs,
      ...program,
      client: 'w1',
      code: 'bad_message',
      reason: 'no msgpack',
      msg: 'protocol violated',
    },
    { level: 'info', ts: at(10).atMs, ...program, client: 'w1', reason: 'gone', msg: 'client left' },
    { level: 'info', ts: at(11).atMs, ...program, msg: 'allow-list read again' },
    {
      level: 'error',
      ts: at(12).atMs,
      ...program,
      operation: 'commit',
      code: 'unavailable',
      reason: 'the disk is full',
      msg: 'store failing',
    },
    { level: 'info', ts: at(13).atMs, ...program, operation: 'commit', msg: 'store works again' },
    { level: 'info', ts: at(14).atMs, ...program, run: 7, workflow: 'nightly', task: 'tell', msg: 'workflow asked' },
    {
      ...{ level: 'debug', ts: at(15).atMs, ...program, run: 7, workflow: 'nightly', task: 'tell', state: 'failed' },
      msg: 'workflow task',
    },
    {
      ...{ level: 'warn', ts: at(16).atMs, ...program, run: 7, workflow: 'nightly', outcome: 'failed' },
      ...{ failed: ['tell'], msg: 'workflow ended' },
    },
    {
      ...{ level: 'info', ts: at(17).atMs, ...program, ...schedule, when: '@daily', nextMs: [1] },
      msg: 'schedule loaded',
    },
    { level: 'debug', ts: at(18).atMs, ...program, ...schedule, plannedMs: 1, run: 7, msg: 'schedule started' },
    {
      ...{ level: 'info', ts: at(19).atMs, ...program, ...schedule, plannedMs: 1, reason: 'overlap' },
      msg: 'schedule skipped',
    },
    {
      ...{ level: 'warn', ts: at(20).atMs, ...program, ...schedule, plannedMs: 1, reason: 'missed' },
      msg: 'schedule skipped',
    },
  ]);
});

test('the first refusal of a source is logged, and then the number of further ones', async () => {
  const error = { code: 'name_taken', message: 'taken' } as const;
  const refused = (seq: number, client: string): Event => ({ ...at(seq), type: 'client.refused', client, error });
  const records = await logged([1, 2, 3].flatMap((seq) => [refused(seq, 'w1'), refused(seq, 'w2')]));
  expect(records.filter((record) => 'msg' in record && record.msg === 'refused')).toMatchObject([
    { ts: at(1).atMs, client: 'w1', code: 'name_taken', reason: 'taken' },
    { ts: at(1).atMs, client: 'w2', code: 'name_taken', reason: 'taken' },
    { client: 'w1', code: 'name_taken', times: 2 },
    { client: 'w2', code: 'name_taken', times: 2 },
  ]);
});

test('a fault is reported on standard error and in the log; once if the log is standard error', async () => {
  const fault = { source: 'observer mine', error: new SignalboxError('internal', 'broken\u001b[31m') };
  const { stderr, host } = openHost();
  await using log = await openLog({ to: '-', level: 'info', program: 'server', host });
  reportFault({ log: '-' }, host, log.logger)(fault);
  await log[Symbol.asyncDispose]();
  expect(stderr.json).toMatchObject([
    { level: 'error', source: 'observer mine', code: 'internal', reason: 'broken\u001b[31m', msg: 'code failed' },
  ]);
  const other = openHost();
  reportFault({ log: '/some/file' }, other.host, undefined)(fault);
  expect(other.stderr.text).toMatch(/^observer mine failed: broken[ -~]*\n$/);
});
