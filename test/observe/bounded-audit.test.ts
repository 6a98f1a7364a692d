import { expect, test } from 'vitest';
import { BoundedAudit, type WrittenRecord } from '../../src/observe/audit/bounded-audit.ts';
import { adoptions } from '../../src/observe/record-bounds.ts';
import type { Event } from '../../src/plugin/observer.ts';

function openAudit() {
  const written: WrittenRecord[] = [];
  return { written, audit: new BoundedAudit((record) => written.push(record)) };
}

const job = { id: 'boot.1', number: 1, client: 'w1', command: 'ping' };
const numbered = { seq: 1, atMs: 1_795_266_487_689, actor: 'alice' };
const settled: Event = { ...numbered, type: 'job.settled', ...job, outcome: 'completed', result: 7, text: '7' };

test('outcomes of jobs of this server are always written; those of other jobs are rate-limited', () => {
  const { written, audit } = openAudit();
  for (let at = 0; at <= adoptions.burst; at += 1) audit.on(settled);
  expect(written).toHaveLength(adoptions.burst + 1);
  for (let at = 0; at < adoptions.burst + 3; at += 1) audit.on({ ...settled, adopted: true });
  expect(written).toHaveLength(2 * adoptions.burst + 1);
  audit[Symbol.dispose]();
  const ts = expect.any(Number);
  expect(written.at(-1)).toEqual({ event: 'left-out', ts, of: 'outcome', client: 'w1', count: 3 });
});

test('cancels and signals are recorded with their operator, for each job', () => {
  const { written, audit } = openAudit();
  const jobs = [job, { ...job, client: null, place: 2 }];
  audit.controlled({ method: 'cancel', actor: 'operator:ada', jobs, options: { unsent: true } });
  audit.controlled({ method: 'signal', actor: 'local:ben', jobs: [job], signal: 'SIGHUP' });
  const ts = expect.any(Number);
  expect(written).toStrictEqual([
    { event: 'cancel', ts, ...job, unsent: true, actor: 'operator:ada' },
    { event: 'cancel', ts, ...job, client: null, place: 2, unsent: true, actor: 'operator:ada' },
    { event: 'signal', ts, ...job, signal: 'SIGHUP', actor: 'local:ben' },
  ]);
});

test('a record has the time of its event, names and codes, but no result, output or error text', () => {
  const { written, audit } = openAudit();
  const error = { code: 'command_failed', message: 'secret' } as const;
  const schedule = { schedule: 'nightly/1', workflow: 'nightly' };
  const events: Event[] = [
    { ...numbered, type: 'client.handshake', address: '10.0.0.1', allowed: false },
    { ...numbered, type: 'client.joined', client: 'w1', credential: 'web', bootId: 'b', host: 'box', pid: 7 },
    { ...numbered, type: 'client.state', client: 'w1', state: 'ready' },
    { ...numbered, type: 'client.refused', client: 'w2', error: { code: 'name_taken', message: 'secret' } },
    { ...numbered, type: 'client.refused', address: '10.0.0.1', error: { code: 'not_allowed', message: 'secret' } },
    { ...numbered, type: 'job.submitted', ...job, args: { what: 1 } },
    { ...numbered, type: 'job.accepted', ...job },
    { ...numbered, type: 'job.output', ...job, stream: 'stdout', offset: 0, data: Buffer.from('secret') },
    { ...numbered, type: 'job.settled', ...job, outcome: 'failed', error, durationMs: 4 },
    { ...numbered, type: 'job.late', ...job, adopted: true, outcome: 'completed', result: 'secret' },
    { ...numbered, type: 'client.violation', code: 'bad_message', reason: 'no msgpack' },
    { ...numbered, type: 'client.left', client: 'w1', reason: 'gone' },
    { ...numbered, type: 'allow-list' },
    { ...numbered, type: 'workflow.started', run: 7, workflow: 'nightly', actor: 'ana' },
    { ...numbered, type: 'workflow.asked', run: 7, workflow: 'nightly', task: 'tell', question: 'secret' },
    {
      ...numbered,
      type: 'workflow.answered',
      run: 7,
      workflow: 'nightly',
      task: 'tell',
      answer: 'approved',
      actor: 'ben',
    },
    { ...numbered, type: 'workflow.ended', run: 7, workflow: 'nightly', outcome: 'completed' },
    { ...numbered, ...schedule, type: 'schedule.loaded', when: '@daily', nextMs: [1] },
    { ...numbered, ...schedule, type: 'schedule.paused', actor: 'ana' },
    { ...numbered, ...schedule, type: 'schedule.resumed', actor: 'ben' },
    { ...numbered, ...schedule, type: 'schedule.backfill', actor: 'ana', fromMs: 1, toMs: 2, count: 3 },
    { ...numbered, type: 'operator.added', operator: 'ada', role: 'viewer', signsInWith: 'certificate', expiresMs: 9 },
    { ...numbered, type: 'operator.rotated', operator: 'ada', signsInWith: 'token' },
    { ...numbered, type: 'operator.removed', operator: 'ada' },
    { seq: 1, atMs: numbered.atMs, type: 'operator.expired', operator: 'bob' },
    { ...numbered, type: 'notify.silenced', filter: { command: 'run' }, untilMs: 9 },
    { ...numbered, type: 'notify.unsilenced', filter: { command: 'run' } },
  ];
  for (const event of events) audit.on(event);
  const ts = numbered.atMs;
  expect(written).toStrictEqual([
    { event: 'handshake', ts, address: '10.0.0.1', allowed: false },
    { event: 'joined', ts, client: 'w1', credential: 'web', bootId: 'b', host: 'box', pid: 7 },
    { event: 'refused', ts, client: 'w2', code: 'name_taken' },
    { event: 'sent', ts, ...job, args: { what: 1 }, actor: 'alice' },
    { event: 'outcome', ts, ...job, outcome: 'failed', code: 'command_failed' },
    { event: 'outcome', ts, ...job, adopted: true, outcome: 'completed' },
    { event: 'violation', ts, code: 'bad_message', reason: 'no msgpack' },
    { event: 'left', ts, client: 'w1', reason: 'gone' },
    { event: 'run-started', ts, run: 7, workflow: 'nightly', actor: 'ana' },
    { event: 'run-answered', ts, run: 7, workflow: 'nightly', actor: 'ben', task: 'tell', answer: 'approved' },
    { event: 'run-ended', ts, run: 7, workflow: 'nightly', actor: 'alice', outcome: 'completed' },
    { event: 'schedule-paused', ts, schedule: 'nightly/1', actor: 'ana' },
    { event: 'schedule-resumed', ts, schedule: 'nightly/1', actor: 'ben' },
    { event: 'schedule-backfill', ts, schedule: 'nightly/1', actor: 'ana', fromMs: 1, toMs: 2, count: 3 },
    {
      ...{ event: 'operator-added', ts, operator: 'ada', role: 'viewer', signsInWith: 'certificate', expiresMs: 9 },
      actor: 'alice',
    },
    { event: 'operator-rotated', ts, operator: 'ada', signsInWith: 'token', actor: 'alice' },
    { event: 'operator-removed', ts, operator: 'ada', actor: 'alice' },
    { event: 'operator-expired', ts, operator: 'bob' },
    { event: 'notify-silenced', ts, filter: { command: 'run' }, untilMs: 9, actor: 'alice' },
    { event: 'notify-unsilenced', ts, filter: { command: 'run' }, actor: 'alice' },
  ]);
});
