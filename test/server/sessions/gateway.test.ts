import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { type FromServer, limits, SignalboxError } from '../../../schemas/index.ts';
import { Gateway } from '../../../src/server/sessions/gateway.ts';
import { encodeFrame, encodeMessage } from '../../../src/wire/encode-frame.ts';
import type { Listener, Receiver } from '../../../src/wire/listener.ts';
import { type Arrival, pushed } from '../../support/pulled.ts';
import { readServer } from '../../support/wire.ts';

const frameOf = (count: number) => encodeFrame(Array(count).fill(encodeMessage({ type: 'jobs-end', elsewhere: 0 })));

/** A listener at which `arrivals` come one after the other without a pause, and whose peers never read. */
function deafPeers(arrivals: () => AsyncGenerator<Arrival>): Listener {
  return {
    endpoint: 'tcp://127.0.0.1:1',
    peers: () => [],
    receive: (receiver) => pushed(arrivals(), ({ peer, parts }) => receiver.received(peer, parts?.[0])),
    closeConnections: async () => {},
    send: () => Promise.reject(Object.assign(new Error('slow'), { code: 'EAGAIN' })),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** A listener whose peers send nothing and read everything. */
const hearingPeers = (sent: FromServer[]): Listener => ({
  ...deafPeers(async function* () {}),
  send: async (_peer, frame) => void sent.push(...readServer(frame)),
});

test('a peer that causes more and more replies and does not read them is refused', async () => {
  const frames = 100;
  const listener = deafPeers(async function* () {
    for (let left = frames; left > 0; left -= 1) yield { peer: 'deaf', parts: [frameOf(1_000)] };
  });
  let received = 0;
  const gone: SignalboxError[] = [];
  const violations: string[] = [];
  const gateway = new Gateway(listener, {
    received: (peer) => {
      received += 1;
      gateway.send(peer, { type: 'heartbeat', seq: received, sentMs: 0 });
    },
    violated: (_peer, error) => violations.push(error.code),
    gone: (_peer, error) => gone.push(error),
  });
  await gateway.run();
  gateway.close();
  expect(gone.map(({ code }) => code)).toEqual(['busy']);
  expect(violations).toEqual(['busy']);
  expect(received).toBeGreaterThanOrEqual(limits.maxDueMessages);
  expect(received).toBeLessThan(limits.maxDueMessages + 2_000);
});

test('a peer that sends without a pause does not block the process', async () => {
  let isOver = false;
  setImmediate(() => {
    isOver = true;
  });
  const listener = deafPeers(async function* () {
    for (let left = 50; left > 0 && !isOver; left -= 1) yield { peer: 'loud', parts: [frameOf(1_000)] };
  });
  let received = 0;
  const gateway = new Gateway(listener, {
    received: () => {
      received += 1;
    },
    violated: () => {},
    gone: () => {},
  });
  await gateway.run();
  gateway.close();
  expect(received).toBeLessThanOrEqual(2_000);
});

test('neither does one whose frames are few and large', async () => {
  let isOver = false;
  setImmediate(() => {
    isOver = true;
  });
  let decoded = 0;
  const result = { type: 'result', id: 1, outcome: 'completed', durationMs: 0 } as const;
  const frame = encodeFrame([encodeMessage({ ...result, result: Array(16_000).fill('x'.repeat(60)) })]);
  const listener = deafPeers(async function* () {
    for (let left = 50; left > 0 && !isOver; left -= 1) yield { peer: 'heavy', parts: [frame] };
  });
  const gateway = new Gateway(listener, {
    received: () => {
      decoded += 1;
    },
    violated: () => {},
    gone: () => {},
  });
  await gateway.run();
  gateway.close();
  expect(decoded).toBeLessThanOrEqual(2);
});

test('neither does a refused one whose frames are discarded', async () => {
  let isOver = false;
  const listener = deafPeers(async function* () {
    yield { peer: 'loud', parts: [Buffer.from('garbage')] };
    await nextTurn();
    setImmediate(() => {
      isOver = true;
    });
    for (let left = 50; left > 0 && !isOver; left -= 1) yield { peer: 'loud', parts: [Buffer.alloc(1_000_000)] };
  });
  let discarded = 0;
  const gateway = new Gateway(
    { ...listener, receive: (receiver) => listener.receive({ ...counted(receiver), ended: () => {} }) },
    { received: () => {}, violated: () => {}, gone: () => {} },
  );
  function counted({ received }: Receiver): Pick<Receiver, 'received'> {
    return {
      received(peer, frame) {
        discarded += 1;
        return received.call(gateway, peer, frame);
      },
    };
  }
  await gateway.run();
  gateway.close();
  expect(discarded).toBeLessThanOrEqual(3);
});

test('nothing is read from a peer once it is given up, not even the rest of the frame', async () => {
  const listener = deafPeers(async function* () {
    yield { peer: 'mallory', parts: [frameOf(1_000)] };
    yield { peer: 'mallory', parts: [frameOf(1_000)] };
  });
  let received = 0;
  const gateway = new Gateway(listener, {
    received: (peer) => {
      received += 1;
      gateway.refuse(peer, new SignalboxError('not_allowed', 'no'));
    },
    violated: () => {},
    gone: () => {},
  });
  await gateway.run();
  gateway.close();
  expect(received).toBe(1);
});

test('a refused peer is removed at once, and the reason is the last message that it gets', async () => {
  const sent: FromServer[] = [];
  const gone: string[] = [];
  const gateway = new Gateway(hearingPeers(sent), {
    received: () => {},
    violated: () => {},
    gone: (_peer, error) => gone.push(error.code),
  });
  gateway.send('mallory', { type: 'heartbeat', seq: 1, sentMs: 0 });
  gateway.send('mallory', { type: 'ack', ids: ['aaaaaaaa.1'] });
  gateway.refuse('mallory', new SignalboxError('not_allowed', 'no'));
  expect(gone).toStrictEqual(['not_allowed']);
  gateway.send('mallory', { type: 'heartbeat', seq: 2, sentMs: 0 });
  gateway.sendAcks();
  for (let turns = 0; turns < 4; turns += 1) await nextTurn();
  gateway.close();
  expect(sent.map(({ type }) => type)).toStrictEqual(['heartbeat', 'refused']);
});

test('each ack is sent with the next frame, once', async () => {
  const sent: FromServer[] = [];
  const gateway = new Gateway(hearingPeers(sent), { received: () => {}, violated: () => {}, gone: () => {} });
  gateway.send('w1', { type: 'ack', ids: ['aaaaaaaa.1'] });
  gateway.send('w1', { type: 'ack', ids: ['aaaaaaaa.2'] });
  for (const seq of [1, 2]) {
    gateway.send('w1', { type: 'heartbeat', seq, sentMs: 0 });
    for (let turns = 0; turns < 4; turns += 1) await nextTurn();
  }
  gateway.close();
  const acked = sent.flatMap((message) => (message.type === 'ack' ? message.ids : [message.type]));
  expect(acked).toStrictEqual(['heartbeat', 'aaaaaaaa.1', 'aaaaaaaa.2', 'heartbeat']);
});

test('acks are sent in a separate frame when there are 256, and not before', async () => {
  const sent: FromServer[] = [];
  const gateway = new Gateway(hearingPeers(sent), { received: () => {}, violated: () => {}, gone: () => {} });
  const ids = Array.from({ length: 257 }, (_, index) => `aaaaaaaa.${index + 1}`);
  const counts: number[] = [];
  for (const id of ids) {
    gateway.send('w1', { type: 'ack', ids: [id] });
    await nextTurn();
    await nextTurn();
    counts.push(sent.length);
  }
  gateway.close();
  expect(sent).toStrictEqual([{ type: 'ack', ids: ids.slice(0, 256) }]);
  expect(counts).toStrictEqual([...Array<number>(255).fill(0), 1, 1]);
});

test.each([
  ['the maximum number of messages per second is read', 0, 0, undefined],
  ['one more is refused', 1, 0, 'busy'],
  ['later ones are counted in the next second', 1, 1_001, undefined],
])('%s', async (_what, more, laterMs, code) => {
  const most = limits.maxMessagesPerSecond;
  let nowMs = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const listener = deafPeers(async function* () {
    for (let left = most; left > 0; left -= 1_000) yield { peer: 'loud', parts: [frameOf(1_000)] };
    nowMs = laterMs;
    if (more > 0) yield { peer: 'loud', parts: [frameOf(more)] };
  });
  let received = 0;
  const violations: string[] = [];
  const gateway = new Gateway(listener, {
    received: () => {
      received += 1;
    },
    violated: (_peer, error) => violations.push(error.code),
    gone: () => {},
  });
  await gateway.run();
  gateway.close();
  clock.mockRestore();
  expect([received, violations]).toStrictEqual(code ? [most, [code]] : [most + more, []]);
});
