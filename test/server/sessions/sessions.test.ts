import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type FromClient, type FromServer, limits } from '../../../schemas/index.ts';
import { bootB, hello } from '../../support/hello.ts';
import { openSessions } from './open-sessions.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const seqsOf = (messages: readonly FromServer[]) =>
  messages.flatMap((message) => (message.type === 'heartbeat' ? [message.seq] : []));
const typesOf = (messages: readonly FromServer[]) => messages.map(({ type }) => type);
const answer = (seq = 0, lagMs = 0): FromClient => ({ type: 'heartbeat-ack', seq, state: 'ready', lagMs });
const ready = hello({ state: 'ready' });

test('a client gets its first heartbeat with its welcome, and the answer gives round trip and lag', async () => {
  await using open = openSessions();
  await open.pass(500);
  await open.say('p1', ready, { type: 'jobs-end', elsewhere: 0 });
  const sent = open.takeSent('p1');
  expect(typesOf(sent)).toStrictEqual(['welcome', 'heartbeat']);
  expect(open.roster.get('w1')).toMatchObject({ roundTripMs: undefined, lagMs: undefined });
  await open.pass(12);
  await open.say('p1', answer(seqsOf(sent)[0], 7));
  expect(open.roster.get('w1')).toMatchObject({ roundTripMs: 12, lagMs: 7 });
});

test('an answer to an earlier heartbeat gives no round trip, but its lag and state', async () => {
  await using open = openSessions();
  await open.say('p1', hello({ state: 'unready' }), { type: 'jobs-end', elsewhere: 0 });
  await open.pass(2_000);
  const [first, second] = seqsOf(open.takeSent('p1'));
  await open.say('p1', answer(first, 900));
  expect(open.roster.get('w1')).toMatchObject({ roundTripMs: undefined, lagMs: 900, state: 'ready' });
  await open.pass(5);
  await open.say('p1', answer(second, 3));
  expect(open.roster.get('w1')).toMatchObject({ roundTripMs: expect.any(Number), lagMs: 3 });
});

test('a repeated answer gives no round trip, but lag and state, and is a sign of life', async () => {
  await using open = openSessions();
  await open.say('p1', ready, { type: 'jobs-end', elsewhere: 0 });
  const [seq] = seqsOf(open.takeSent('p1'));
  await open.say('p1', answer(seq, 1));
  const { roundTripMs } = open.roster.get('w1') ?? {};
  open.takeStates();
  await open.pass(1_000);
  await open.say('p1', { type: 'heartbeat-ack', seq: seq ?? 0, state: 'unready', lagMs: 40 });
  const heardAtMs = performance.now();
  expect(open.roster.get('w1')).toMatchObject({ roundTripMs, lagMs: 40, state: 'unready', heardAtMs });
  expect(open.takeStates()).toStrictEqual([['w1', 'unready', '']]);
});

test('each heartbeat has a higher number than the one before, and the time of the server', async () => {
  await using open = openSessions();
  const startMs = performance.now();
  await open.say('p1', ready);
  await open.pass(2_000);
  await open.pass(2_000);
  const beats = open.takeSent('p1').filter((message) => message.type === 'heartbeat');
  const seqs = seqsOf(beats);
  expect(seqs).toHaveLength(3);
  expect(seqs.toSorted((a, b) => a - b)).toStrictEqual([...new Set(seqs)]);
  const [first = 0, second = 0, third = 0] = beats.map(({ sentMs }) => sentMs - startMs);
  expect([first, third - second]).toStrictEqual([0, 2_000]);
});

test('a silent client is reported as unresponsive once, with the reason, and is back with its next message', async () => {
  await using open = openSessions();
  await open.say('p1', ready, { type: 'jobs-end', elsewhere: 0 });
  open.takeStates();
  await open.pass(3_000);
  expect(open.takeStates()).toStrictEqual([]);
  for (let second = 0; second < 4; second += 1) await open.pass(1_000);
  expect(open.takeStates()).toStrictEqual([['w1', 'unresponsive', 'silent for 3 s']]);
  await open.say('p1', { type: 'state', state: 'ready' });
  expect(open.takeStates()).toStrictEqual([['w1', 'ready', '']]);
});

test('a client that stays silent loses its session: it is offline, gets the reason, and no more heartbeats', async () => {
  await using open = openSessions();
  await open.say('p1', ready, { type: 'jobs-end', elsewhere: 0 });
  for (let second = 0; second < 9; second += 1) await open.pass(1_000);
  open.takeStates();
  open.takeSent('p1');
  for (let second = 0; second < 5; second += 1) await open.pass(1_000);
  expect(open.takeStates()).toStrictEqual([['w1', 'offline', 'silent for 10 s']]);
  const sent = open.takeSent('p1');
  expect(typesOf(sent).at(-1)).toBe('refused');
  expect(sent.at(-1)).toMatchObject({ error: { code: 'unknown_session' } });
  // Another process may have its name now.
  await open.say('p2', hello({ bootId: bootB }));
  expect(typesOf(open.takeSent('p2'))).toStrictEqual(['welcome', 'heartbeat']);
});

test('a client that repeats an earlier answer and never answers the newest heartbeat is unresponsive', async () => {
  await using open = openSessions();
  await open.say('p1', ready, { type: 'jobs-end', elsewhere: 0 });
  const [seq] = seqsOf(open.takeSent('p1'));
  await open.say('p1', answer(seq));
  for (let seconds = 0; seconds < 7; seconds += 1) {
    for (let slots = 0; slots < 20; slots += 1) await open.pass(50);
    await open.say('p1', answer(seq));
  }
  expect(open.roster.get('w1')?.responsive).toBe(false);
  await open.say('p1', answer(seqsOf(open.takeSent('p1')).at(-1)));
  expect(open.roster.get('w1')?.responsive).toBe(true);
});

test('a message that only a later version knows is a sign of life', async () => {
  await using open = openSessions();
  await open.say('p1', ready, { type: 'jobs-end', elsewhere: 0 });
  for (let seconds = 0; seconds < 5; seconds += 1) {
    for (let slots = 0; slots < 20; slots += 1) await open.pass(50);
    open.sessions.received('p1', { type: 'unknown' });
  }
  expect(open.roster.get('w1')?.responsive).toBe(true);
});

test('a client without a session has no heartbeats', async () => {
  await using open = openSessions();
  await open.say('p1', ready, { type: 'jobs-end', elsewhere: 0 });
  await open.say('p1', { type: 'goodbye', reason: 'the night' });
  open.takeSent('p1');
  await open.pass(2_000);
  expect(open.takeSent('p1')).toStrictEqual([]);
});

test('the heartbeats of a new client take the place of those of one that has left', async () => {
  await using open = openSessions();
  const names = Array.from({ length: 40 }, (_, index) => `m${index}`);
  for (const name of names) await open.say(name, hello({ name }));
  await open.say('m7', { type: 'goodbye', reason: 'the night' });
  await open.say('new', hello({ name: 'new' }));
  const all = [...names, 'new'];
  for (const peer of all) open.takeSent(peer);
  const perTurn: number[] = [];
  for (let turn = 0; turn < 40; turn += 1) {
    await open.pass(50);
    perTurn.push(all.flatMap(open.takeSent).length);
  }
  expect(perTurn).toStrictEqual(Array(40).fill(1));
});

test('the end requests a sign of life from each responsive client, and waits for its answer', async () => {
  await using open = openSessions();
  await open.say('p1', ready, { type: 'jobs-end', elsewhere: 0 });
  open.takeSent('p1');
  let isFlushed = false;
  const flushed = open.sessions.flushed(250).then(() => {
    isFlushed = true;
  });
  await open.settled();
  const [seq] = seqsOf(open.takeSent('p1'));
  await open.say('p1', answer((seq ?? 0) - 1));
  expect(isFlushed).toBe(false);
  await open.say('p1', answer(seq));
  expect(isFlushed).toBe(true);
  await flushed;
});

test('at the end an unresponsive client gets pending acks, too, though no answer is requested', async () => {
  await using open = openSessions();
  await open.say('p1', ready, { type: 'jobs-end', elsewhere: 0 });
  await open.say('p2', hello({ name: 'w2', bootId: bootB }), { type: 'jobs-end', elsewhere: 0 });
  await open.pass(3_000);
  await open.say('p1', answer(seqsOf(open.takeSent('p1')).at(-1)));
  await open.pass(1_000);
  for (const peer of ['p1', 'p2']) open.takeSent(peer);
  for (const client of ['w1', 'w2']) open.sessions.send(client, { type: 'ack', ids: ['aaaaaaaa.1'] });
  const flushed = open.sessions.flushed(250);
  await open.settled();
  const asked = open.takeSent('p1');
  expect(typesOf(asked).toSorted()).toStrictEqual(['ack', 'heartbeat']);
  expect(typesOf(open.takeSent('p2'))).toStrictEqual(['ack']);
  await open.say('p1', answer(seqsOf(asked)[0]));
  await flushed;
});

describe('acks to a client', () => {
  const acks: FromServer = { type: 'ack', ids: ['aaaaaaaa.1'] };

  test('that continues wait for its next heartbeat', async () => {
    await using open = openSessions();
    await open.say('p1', ready, { type: 'jobs-end', elsewhere: 0 });
    open.takeSent('p1');
    open.sessions.send('w1', acks);
    await open.settled();
    expect(open.takeSent('p1')).toStrictEqual([]);
    await open.pass(limits.heartbeatMs);
    expect(typesOf(open.takeSent('p1')).toSorted()).toStrictEqual(['ack', 'heartbeat']);
  });

  test('that starts to end are sent at once, and so are all later ones', async () => {
    await using open = openSessions();
    await open.say('p1', ready, { type: 'jobs-end', elsewhere: 0 });
    open.takeSent('p1');
    open.sessions.send('w1', acks);
    await open.say('p1', { type: 'state', state: 'terminating' });
    expect(open.takeSent('p1')).toStrictEqual([acks]);
    open.sessions.send('w1', acks);
    await open.settled();
    expect(open.takeSent('p1')).toStrictEqual([acks]);
  });
});
