import { describe, expect, test } from 'vitest';
import { bootA, bootB } from '../support/hello.ts';
import { completed, idOf, openJobTable, otherBoot } from './open-job-table.ts';

/** A standing job that was sent (1), a running one (2) and one that ends by itself (3). The client is away for too long. */
function stayedAway() {
  const open = openJobTable();
  const { jobTable, connect, submit, accept } = open;
  connect();
  const [sent, running, plain] = [submit({ standing: true }), submit({ standing: true }), submit()];
  accept(running);
  accept(plain);
  jobTable.sessionEnded('w1', 0);
  open.takeNews();
  open.takeSent();
  jobTable.tick(60_001);
  return { ...open, sent, running, plain };
}

const states = (...jobs: { state: string }[]) => jobs.map(({ state }) => state);

describe('a standing job of an absent client', () => {
  test('is unreachable, reported once with the reason, and never lost for that', () => {
    const { jobTable, sent, running, plain, told, takeNews, takeSent } = stayedAway();
    expect(states(sent, running, plain)).toStrictEqual(['unreachable', 'unreachable', 'settled']);
    expect(told[0]?.news).toStrictEqual({ type: 'unreachable', reason: 'w1 has been away for 60 s' });
    const news = ['unreachable aaaaaaaa.1', 'unreachable aaaaaaaa.2', 'settled aaaaaaaa.3 lost'];
    expect(takeNews()).toStrictEqual(news);
    jobTable.tick(1_000_000_000);
    expect([takeNews(), takeSent(), states(sent, running)]).toStrictEqual([[], [], ['unreachable', 'unreachable']]);
  });

  test('is not unreachable before that', () => {
    const { jobTable, connect, submit, takeNews } = openJobTable();
    connect();
    const job = submit({ standing: true });
    jobTable.sessionEnded('w1', 0);
    jobTable.tick(60_000);
    expect([job.state, takeNews()]).toStrictEqual(['sent', []]);
  });

  test('returns to its previous state when the client lists it, and reports this before anything else', () => {
    const { jobTable, sent, running, list, answer, takeNews, takeSent } = stayedAway();
    takeNews();
    jobTable.sessionBegan('w1', bootA);
    expect(states(sent, running)).toStrictEqual(['unreachable', 'unreachable']);
    list(idOf(2));
    list(idOf(1), { state: 'settled', outcome: 'completed' });
    jobTable.listingEnded('w1', 70_000);
    expect(states(sent, running)).toStrictEqual(['accepted', 'accepted']);
    expect(takeNews()).toStrictEqual(['reachable aaaaaaaa.2', 'reachable aaaaaaaa.1', 'accepted aaaaaaaa.1']);
    expect(takeSent()).toStrictEqual(['fetch aaaaaaaa.2 from 0', 'fetch aaaaaaaa.1 from 0']);
    answer(running, completed());
    expect(takeNews()).toStrictEqual(['settled aaaaaaaa.2 completed']);
  });

  test('is marked as standing whenever its command is sent, and no other job is', () => {
    const { jobTable, connect, submit, sent } = openJobTable();
    connect();
    submit({ standing: true });
    submit();
    jobTable.sessionEnded('w1', 0);
    connect(1);
    const commands = sent.filter((message) => message.type === 'command');
    expect(commands.map(({ id, standing }) => [id, standing])).toStrictEqual([
      [1, true],
      [2, undefined],
      [1, true],
      [2, undefined],
    ]);
  });

  test('that the same process never received is sent again, and one that it received is lost', () => {
    const { sent, running, connect, takeNews, takeSent } = stayedAway();
    takeNews();
    connect(70_000);
    expect(states(sent, running)).toStrictEqual(['sent', 'settled']);
    expect(takeNews()).toStrictEqual(['reachable aaaaaaaa.1', 'settled aaaaaaaa.2 lost']);
    expect(takeSent()).toStrictEqual(['command aaaaaaaa.1']);
  });

  test('is lost when another process of the client connects without it, and continues when that lists it', () => {
    const { jobTable, sent, running, list, takeNews, takeSent } = stayedAway();
    takeNews();
    jobTable.sessionBegan('w1', bootB);
    list(running.id, { offsets: { stdout: 7 } });
    jobTable.listingEnded('w1', 70_000);
    expect([states(sent, running), sent.settlement?.outcome]).toStrictEqual([['settled', 'accepted'], 'lost']);
    expect(takeNews()).toStrictEqual(['reachable aaaaaaaa.2', 'settled aaaaaaaa.1 lost']);
    expect(takeSent()).toStrictEqual(['fetch aaaaaaaa.2 from 0']);
  });

  test.each(['said goodbye', 'has no key any more'])('is lost when the client %s', (why) => {
    const { jobTable, sent, running, takeNews } = stayedAway();
    takeNews();
    jobTable.clientGone('w1', `w1 ${why}`);
    expect([sent, running].map(({ settlement }) => settlement?.error?.message)).toStrictEqual([
      `w1 ${why}`,
      `w1 ${why}`,
    ]);
    expect(takeNews()).toStrictEqual(['settled aaaaaaaa.1 lost', 'settled aaaaaaaa.2 lost']);
  });

  test('is cancelled when the client is back, if this was requested in the meantime', () => {
    const { jobTable, running, list, takeNews, takeSent } = stayedAway();
    jobTable.cancel(running);
    jobTable.tick(1_000_000);
    expect(running.state).toBe('unreachable');
    takeNews();
    jobTable.sessionBegan('w1', bootA);
    list(running.id);
    jobTable.listingEnded('w1', 1_000_000);
    expect(takeSent()).toStrictEqual(['fetch aaaaaaaa.2 from 0', 'cancel aaaaaaaa.2', 'command aaaaaaaa.1']);
  });

  test('gets no signal', () => {
    const { jobTable, running, takeSent } = stayedAway();
    expect([jobTable.signal(running, 'SIGHUP'), takeSent()]).toStrictEqual([false, []]);
  });

  test('is unreachable again when the client disconnects during its list, if it was listed', () => {
    const { jobTable, running, list, takeNews } = stayedAway();
    takeNews();
    jobTable.sessionBegan('w1', bootA);
    list(running.id);
    jobTable.sessionEnded('w1', 70_000);
    jobTable.tick(130_000);
    expect(takeNews()).toStrictEqual(['reachable aaaaaaaa.2']);
    jobTable.tick(130_001);
    expect(takeNews()).toStrictEqual(['unreachable aaaaaaaa.2']);
  });

  test('leaves its place in the window to others, and takes one when it is sent again', () => {
    const { jobTable, connect, submit, answer, takeSent } = openJobTable();
    connect();
    for (let count = 0; count < 255; count += 1) submit({ standing: true });
    jobTable.sessionEnded('w1', 0);
    jobTable.tick(60_001);
    takeSent();
    connect(60_001);
    expect(takeSent()).toHaveLength(255);
    const more = submit();
    expect(more.state).toBe('waiting');
    answer({ id: idOf(1) }, completed());
    expect(more.state).toBe('sent');
  });
});

test('a client that stays away gets no commands, and waiting ones are rejected, standing or not', () => {
  const { jobTable, submit, takeNews } = openJobTable();
  jobTable.sessionBegan('w1', bootA);
  submit({ standing: true });
  jobTable.sessionEnded('w1', 0);
  jobTable.tick(60_001);
  submit({ standing: true, nowMs: 60_001 });
  jobTable.tick(65_001);
  const rejected = ['settled aaaaaaaa.1 rejected', 'settled aaaaaaaa.2 rejected'];
  expect([takeNews(), [...jobTable.unsettled()]]).toStrictEqual([rejected, []]);
});

test('a standing job of another server is adopted as one', () => {
  const { jobTable, list, takeNews } = openJobTable();
  const id = idOf(1, otherBoot);
  jobTable.sessionBegan('w1', bootA);
  list(id, {}, true);
  jobTable.listingEnded('w1', 0);
  jobTable.sessionEnded('w1', 0);
  jobTable.tick(60_001);
  expect(takeNews()).toStrictEqual([`accepted ${id}`, `unreachable ${id}`]);
});
