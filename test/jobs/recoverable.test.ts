import { describe, expect, test } from 'vitest';
import { bootA, bootB } from '../support/hello.ts';
import { completed, idOf, openJobTable, otherBoot } from './open-job-table.ts';

const anHour = 3_600_000;
const cancelled = { outcome: 'cancelled', durationMs: 5 } as const;

/** A recoverable job that runs (1), a plain one (2) and a standing one (3), of a client that has been away too long. */
function stayedAway(options: Parameters<typeof openJobTable>[0] = {}) {
  const open = openJobTable(options);
  const { jobTable, connect, submit, accept } = open;
  connect();
  const [lasting, plain, standing] = [submit({ command: 'lasting' }), submit(), submit({ standing: true })];
  for (const job of [lasting, plain, standing]) accept(job);
  jobTable.sessionEnded('w1', 0);
  open.takeNews();
  open.takeSent();
  jobTable.tick(60_001);
  return { ...open, lasting, plain, standing };
}

const states = (...jobs: { state: string }[]) => jobs.map(({ state }) => state);

describe('a recoverable job whose client stays away', () => {
  test('is unreachable, and lost when the recovery time is over; a standing one never is', () => {
    const { jobTable, lasting, plain, standing, takeNews } = stayedAway();
    expect(states(lasting, plain, standing)).toStrictEqual(['unreachable', 'settled', 'unreachable']);
    takeNews();
    jobTable.tick(anHour);
    expect(takeNews()).toStrictEqual([]);
    jobTable.tick(anHour + 1);
    expect(takeNews()).toStrictEqual(['settled aaaaaaaa.1 lost']);
    expect(lasting.settlement?.error?.message).toBe('w1 has been away for 3600 s');
    jobTable.tick(1_000_000_000);
    expect([takeNews(), standing.state]).toStrictEqual([[], 'unreachable']);
  });

  test.each([0, 60_000])('is lost like any other if it has %s ms to be recovered', (recoverWithinMs) => {
    const { lasting, standing, takeNews } = stayedAway({ recoverWithinMs });
    expect(states(lasting, standing)).toStrictEqual(['settled', 'unreachable']);
    expect(takeNews()).toStrictEqual(['settled aaaaaaaa.1 lost', 'settled aaaaaaaa.2 lost', 'unreachable aaaaaaaa.3']);
  });

  test('continues when the next process of its client lists it, and ends with its own outcome', () => {
    const { jobTable, lasting, list, answer, takeNews, takeSent } = stayedAway();
    takeNews();
    jobTable.sessionBegan('w1', bootB);
    list(lasting.id, { command: 'lasting', takenUp: true });
    jobTable.listingEnded('w1', 70_000);
    expect([lasting.state, takeSent()]).toStrictEqual(['accepted', ['fetch aaaaaaaa.1 from 0']]);
    answer(lasting, completed());
    expect(takeNews()).toStrictEqual([
      'reachable aaaaaaaa.1',
      'settled aaaaaaaa.3 lost',
      'settled aaaaaaaa.1 completed',
    ]);
  });

  test('has the whole recovery time again if its client was connected in between', () => {
    const { jobTable, lasting, list } = stayedAway();
    jobTable.sessionBegan('w1', bootB);
    list(lasting.id);
    jobTable.listingEnded('w1', anHour);
    jobTable.sessionEnded('w1', anHour);
    jobTable.tick(2 * anHour);
    expect(lasting.state).toBe('unreachable');
    jobTable.tick(2 * anHour + 1);
    expect(lasting.settlement?.outcome).toBe('lost');
  });

  test('is lost when its client says goodbye, or returns without it', () => {
    const left = stayedAway();
    left.jobTable.clientGone('w1', 'w1 said goodbye');
    const back = stayedAway();
    back.connect(70_000, bootB);
    expect([left.lasting, back.lasting].map(({ settlement }) => settlement?.error?.message)).toStrictEqual([
      'w1 said goodbye',
      'w1 was restarted',
    ]);
  });

  test('that the client recovered counts as recoverable, even if this server does not know its command', () => {
    const { jobTable, list, takeNews } = openJobTable();
    const ids = [idOf(1, otherBoot), idOf(2, otherBoot)];
    jobTable.sessionBegan('w1', bootA);
    for (const [at, id] of ids.entries()) list(id, at === 0 ? { takenUp: true } : {});
    jobTable.listingEnded('w1', 0);
    jobTable.sessionEnded('w1', 0);
    takeNews();
    jobTable.tick(60_001);
    expect(takeNews()).toStrictEqual([`unreachable ${ids[0]}`, `settled ${ids[1]} lost`]);
  });

  test('of an earlier server is unreachable here in its time, and lost in its time', () => {
    const { jobTable, takeNews } = openJobTable();
    const job = { client: 'w1', bootId: bootA, takenUp: false, cancelRequested: false };
    const submitted = { command: 'lasting', kind: 'data', args: {} } as const;
    const unsettled = { ...job, settledAtMs: undefined, settlement: undefined, late: undefined };
    jobTable.restore({ id: idOf(1, otherBoot), number: 1, submittedAtMs: 0, submitted, jobs: [unsettled] }, 1_000);
    jobTable.tick(61_001);
    expect(takeNews()).toStrictEqual([`unreachable ${idOf(1, otherBoot)}`]);
    jobTable.tick(anHour + 1_001);
    expect(takeNews()).toStrictEqual([`settled ${idOf(1, otherBoot)} lost`]);
  });
});

describe('a lost job', () => {
  /** A lost job whose client is back, and lists it. */
  function back() {
    const open = stayedAway();
    open.jobTable.sessionBegan('w1', bootA);
    open.list(open.plain.id);
    open.jobTable.listingEnded('w1', 70_000);
    open.takeNews();
    open.takeSent();
    return open;
  }

  test('that its client still runs can be cancelled there, and its outcome is reported as late', () => {
    const { jobTable, plain, answer, takeNews, takeSent, changes } = back();
    changes.splice(0);
    jobTable.cancel(plain);
    expect(takeSent()).toStrictEqual(['cancel aaaaaaaa.2']);
    answer(plain, cancelled);
    expect([takeNews(), plain.settlement?.outcome]).toStrictEqual([['late aaaaaaaa.2 cancelled'], 'lost']);
    // A store has nothing to save for that.
    expect(changes).toStrictEqual(['late aaaaaaaa.2']);
    takeSent();
    jobTable.cancel(plain);
    expect(takeSent()).toStrictEqual([]);
  });

  test('that was the only one of its client can be cancelled there, too', () => {
    const { jobTable, connect, submit, accept, list, takeSent } = openJobTable();
    connect();
    const job = submit();
    accept(job);
    jobTable.sessionEnded('w1', 0);
    for (const nowMs of [60_001, 60_100]) jobTable.tick(nowMs);
    jobTable.sessionBegan('w1', bootA);
    list(job.id);
    jobTable.listingEnded('w1', 70_000);
    takeSent();
    jobTable.cancel(job);
    expect(takeSent()).toStrictEqual(['cancel aaaaaaaa.1']);
  });

  test('that is cancelled while its client is away is cancelled when the client lists it as running', () => {
    const { jobTable, plain, lasting, list, takeSent } = stayedAway();
    jobTable.cancel(plain);
    expect(takeSent()).toStrictEqual([]);
    jobTable.sessionBegan('w1', bootA);
    list(plain.id);
    list(lasting.id);
    jobTable.listingEnded('w1', 70_000);
    expect(takeSent().slice(0, 3)).toStrictEqual([
      'fetch aaaaaaaa.2 from 0',
      'cancel aaaaaaaa.2',
      'fetch aaaaaaaa.1 from 0',
    ]);
  });

  test('that has ended in the meantime is only asked for its outcome', () => {
    const { jobTable, plain, list, takeSent } = stayedAway();
    jobTable.cancel(plain);
    jobTable.sessionBegan('w1', bootA);
    list(plain.id, { state: 'settled', outcome: 'completed' });
    jobTable.listingEnded('w1', 70_000);
    expect(takeSent()[0]).toBe('fetch aaaaaaaa.2 from 0');
  });
});
