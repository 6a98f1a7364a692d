import { expect, test } from 'vitest';
import { bootA, bootB } from '../support/hello.ts';
import { completed, idOf, openJobTable } from './open-job-table.ts';

test('each change is passed to the store before its consequences are sent or reported', () => {
  const { jobTable, connect, submit, accept, answer, changes, sent, world } = openJobTable();
  connect();
  const [cancelled, job] = [submit(), submit()];
  expect(changes).toEqual([1, 2].flatMap((at) => [`submitted ${idOf(at)}`, `bound ${idOf(at)}`]));
  expect(job.bootId).toBe(bootA);
  accept(job);
  const before: string[] = [];
  world.onNews = () => void before.push(...changes);
  changes.length = 0;
  sent.length = 0;
  answer(job, completed());
  expect(before).toEqual([`settled ${job.id}`]);
  changes.length = 0;
  for (const _time of [1, 2]) jobTable.cancel(cancelled);
  expect(changes).toEqual([`cancel-requested ${cancelled.id}`]);
});

test('a waiting job is bound when it is sent; one that is rejected or cancelled before is never bound', () => {
  const { jobTable, connect, submit, changes } = openJobTable();
  const offline = submit({ hasEnded: true });
  jobTable.sessionBegan('w1', bootA);
  const [cancelled, waiting] = [submit(), submit()];
  jobTable.cancel(cancelled);
  expect([offline, cancelled, waiting].map(({ bootId }) => bootId)).toEqual([undefined, undefined, undefined]);
  changes.length = 0;
  connect();
  expect(changes).toEqual([`bound ${waiting.id}`]);
});

test('a job that waits for its turn is bound from the start, and is sent without the store', () => {
  const { jobTable, connect, submit, answer, changes, takeSent } = openJobTable();
  connect();
  const sent = Array.from({ length: 255 }, () => submit());
  const [waiting, timed, cancelled, last] = [submit(), submit({ expiresInMs: 1e6 }), submit(), submit()];
  expect([waiting, timed, cancelled, last].map(({ bootId }) => bootId)).toEqual([bootA, undefined, bootA, bootA]);
  jobTable.cancel(cancelled);
  changes.length = 0;
  takeSent();
  for (const job of sent.slice(0, 2)) answer(job, completed());
  expect(changes).toEqual([`settled ${sent[0]?.id}`, `settled ${sent[1]?.id}`, `bound ${timed.id}`]);
  expect(takeSent().filter((line) => !line.startsWith('ack'))).toEqual([
    `command ${waiting.id}`,
    `command ${timed.id}`,
  ]);
  changes.length = 0;
  connect(0, bootB);
  expect(changes.filter((line) => line.startsWith('bound'))).toEqual([`bound ${last.id}`]);
  // It was never sent, so there is nothing to acknowledge.
  expect([cancelled.bootId, last.bootId]).toEqual([undefined, bootB]);
});

test('a message that must wait for the store names its job', () => {
  const waiting: (string | undefined)[] = [];
  const { jobTable, connect, submit, accept, answer } = openJobTable({
    onSend: ({ type }, job) => void waiting.push(`${type} ${job?.id}`),
  });
  connect();
  const job = submit();
  accept(job);
  jobTable.signal(job, 'SIGHUP');
  jobTable.cancel(job);
  answer(job, completed());
  expect(waiting).toEqual(['command', 'signal', 'cancel', 'ack'].map((type) => `${type} ${job.id}`));
});

test('submissions and adopted jobs share one numbering, from the number that the store gives', () => {
  const { jobTable, connect, submit, list } = openJobTable({ nextNumber: 41 });
  connect();
  const first = submit();
  list('bbbbbbbb.7');
  expect([first, jobTable.find('bbbbbbbb.7', 'w1'), submit()].map((job) => job?.submission.number)).toEqual([
    41, 42, 43,
  ]);
});

test('a withdrawn submission leaves no trace: no job, no event, no outcome, and its place is free', () => {
  const { jobTable, connect, takeSent, takeNews } = openJobTable();
  connect();
  const begin = (clients: number) => jobTable.begin({ command: 'work', kind: 'data', args: {} }, 0, clients);
  const many = Array.from({ length: 255 }, () => begin(1));
  for (const one of many) jobTable.submit(one, 'w1', 0);
  const waiting = begin(1);
  const behind = begin(2);
  jobTable.submit(waiting, 'w1', 0);
  for (const client of ['w1', 'offline']) jobTable.submit(behind, client, 0);
  takeSent();
  takeNews();
  jobTable.withdraw([behind], 0);
  jobTable.withdraw(many, 0);
  expect([...jobTable.all()].map(({ id }) => id)).toEqual([waiting.id]);
  expect(takeSent()).toEqual([`command ${waiting.id}`]);
  expect(takeNews()).toEqual([]);
  expect(jobTable.find(behind.id, 'w1')).toBeUndefined();
});

test('a command that waited for the store is sent only to the session whose process it was stored for', () => {
  const { jobTable, connect, submit } = openJobTable();
  connect();
  const [sent, ended] = [submit(), submit()];
  jobTable.stale('w1', ended.id, 0);
  expect([jobTable.leaves(sent, 5), sent.sentAtMs, jobTable.leaves(ended, 5)]).toEqual([true, 5, false]);
  jobTable.sessionEnded('w1', 0);
  expect(jobTable.leaves(sent, 6)).toBe(false);
  jobTable.sessionBegan('w1', bootA);
  // Not before the client has listed its jobs.
  expect(jobTable.leaves(sent, 6)).toBe(false);
});
