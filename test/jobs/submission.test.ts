import { describe, expect, test } from 'vitest';
import type { FromServer } from '../../schemas/index.ts';
import { JobTable } from '../../src/jobs/job-table.ts';
import { bootA } from '../support/hello.ts';
import { boot, completed, idOf, openJobTable, otherBoot } from './open-job-table.ts';

/** A job table with these clients online; the commands of each client are in the order of sending. */
function openFleet(...clients: string[]) {
  const sent: [string, FromServer][] = [];
  const jobTable: JobTable = new JobTable({
    bootId: boot,
    lostAfterMs: 60_000,
    effects: {
      send: (client, message) => void sent.push([client, message]),
      tell: (job, news) => jobTable.taken(job, news),
    },
  });
  for (const client of clients) {
    jobTable.sessionBegan(client, bootA);
    jobTable.listingEnded(client, 0);
  }
  const submit = (args: Record<string, unknown>, ...to: string[]) => {
    const submission = jobTable.begin({ command: 'work', kind: 'data', args }, 0, to.length);
    return { submission, jobs: to.map((client) => jobTable.submit(submission, client, 0)) };
  };
  return { jobTable, sent, submit };
}

describe('a command to several clients', () => {
  test('is one message, so that it is encoded once', () => {
    const { sent, submit } = openFleet('w1', 'w2', 'w3');
    submit({ n: 1 }, 'w1', 'w2', 'w3');
    expect(sent.map(([client]) => client)).toStrictEqual(['w1', 'w2', 'w3']);
    expect(new Set(sent.map(([, message]) => message)).size).toBe(1);
  });

  test('keeps its arguments until the last job has ended, even if the first was refused long before', () => {
    const { jobTable, sent, submit } = openFleet('w2', 'w3');
    const { submission, jobs } = submit({ n: 1 }, 'w1', 'w2', 'w3');
    jobTable.tick(5_000);
    expect(jobs.map(({ state }) => state)).toStrictEqual(['settled', 'sent', 'sent']);
    expect(sent.map(([, message]) => 'args' in message && message.args)).toStrictEqual([{ n: 1 }, { n: 1 }]);
    jobTable.answered('w2', submission.id, completed(), 0);
    expect(submission.args).toStrictEqual({ n: 1 });
    jobTable.answered('w3', submission.id, completed(), 0);
    expect([submission.args, submission.auditedArgs]).toStrictEqual([{}, { n: 1 }]);
  });

  test('has a separate job at each client, also after they have ended', () => {
    const { jobTable, submit } = openFleet('w1', 'w2');
    const { submission, jobs } = submit({}, 'w1', 'w2');
    const found = () => ['w1', 'w2', 'w3'].map((client) => jobTable.find(submission.id, client));
    expect(found()).toStrictEqual([...jobs, undefined]);
    for (const client of ['w1', 'w2']) jobTable.answered(client, submission.id, completed(), 0);
    expect(found()).toStrictEqual([...jobs, undefined]);
  });
});

test('an id can be given as its counter, or in full', () => {
  const { jobTable, submit } = openFleet('w1');
  const [job] = submit({}, 'w1').jobs;
  expect([1, idOf(1), 2, idOf(1, otherBoot), `${boot}.01`].map((id) => jobTable.find(id, 'w1') === job)).toStrictEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('jobs of other servers with the same id are one job per client that lists it', () => {
  const { jobTable } = openFleet();
  const id = idOf(7, otherBoot);
  for (const [client, command] of [
    ['w1', 'work'],
    ['w2', 'play'],
  ] as const) {
    jobTable.sessionBegan(client, bootA);
    jobTable.listed(client, { type: 'job', id, command, state: 'running', offsets: {} });
    jobTable.listingEnded(client, 0);
  }
  expect(['w1', 'w2'].map((client) => jobTable.find(id, client)?.command)).toStrictEqual(['work', 'play']);
  jobTable.answered('w1', id, completed(), 0);
  expect(['w1', 'w2'].map((client) => jobTable.find(id, client)?.state)).toStrictEqual(['settled', 'accepted']);
});

test('an adopted job is standing or recovered if its client reports so', () => {
  const { jobTable } = openFleet();
  const list = (counter: number, said: object) => {
    const id = idOf(counter, otherBoot);
    jobTable.listed('w1', { type: 'job', id, command: 'work', state: 'running', offsets: {}, ...said });
    const { standing, takenUp } = jobTable.find(id, 'w1') ?? {};
    return [standing, takenUp];
  };
  jobTable.sessionBegan('w1', bootA);
  expect(list(1, {})).toStrictEqual([false, false]);
  expect(list(2, { standing: true })).toStrictEqual([true, false]);
  expect(list(3, { standing: true, takenUp: true })).toStrictEqual([true, true]);
});

describe('a command that is stale at its client', () => {
  test('is lost, and not acknowledged, because its client keeps nothing of it', () => {
    const { jobTable, connect, submit, takeNews, takeSent } = openJobTable();
    connect();
    const job = submit();
    takeSent();
    jobTable.stale('w1', job.id, 1);
    expect(takeNews().at(-1)).toBe(`settled ${job.id} lost`);
    expect([job.settlement?.error?.code, takeSent()]).toStrictEqual(['lost', []]);
  });

  test('makes room for the next one', () => {
    const { jobTable, connect, submit } = openJobTable();
    connect();
    const jobs = Array.from({ length: 256 }, () => submit());
    expect(jobs.at(-1)?.state).toBe('waiting');
    jobTable.stale('w1', idOf(1), 1);
    expect(jobs.at(-1)?.state).toBe('sent');
  });

  test('changes nothing if it has its outcome, or is unknown', () => {
    const { jobTable, connect, submit, answer, takeNews, takeSent } = openJobTable();
    connect();
    const job = submit();
    answer(job, completed());
    takeNews();
    takeSent();
    for (const id of [job.id, idOf(99)]) jobTable.stale('w1', id, 1);
    expect([takeNews(), takeSent(), job.settlement?.outcome]).toStrictEqual([[], [], 'completed']);
  });
});

test('100,000 commands that wait for a terminated client are settled in batches, and each is cancelled', () => {
  const { jobTable, submit } = openJobTable();
  jobTable.sessionBegan('w1', bootA);
  for (let times = 0; times < 100_000; times += 1) submit();
  const waiting = () => [...jobTable.unsettled()].filter(({ command }) => command === 'work').length;
  submit({ command: 'terminate' });
  expect(waiting()).toBe(100_000);
  jobTable.tick(0);
  expect(waiting()).toBe(98_000);
  for (let times = 1; times < 50; times += 1) jobTable.tick(0);
  expect(waiting()).toBe(0);
  expect(new Set([...jobTable.all()].map(({ settlement }) => settlement?.outcome))).toStrictEqual(
    new Set(['cancelled', undefined]),
  );
});
