// Over 250 lines: one class, whose tests share the scripted server created at the top.
import { on } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type FromClient, type FromServer, limits } from '../../schemas/index.ts';
import { Session, type SessionOwner } from '../../src/client/session.ts';
import type { Connection } from '../../src/wire/dial.ts';
import { hello } from '../support/hello.ts';
import { pushed } from '../support/pulled.ts';
import { refusal } from '../support/refusal.ts';
import { frameOf, readClient, welcomeOf } from '../support/wire.ts';

const boot = 'aaaaaaaa';
const welcome = (sentMs = 0): FromServer => welcomeOf(boot, { sentMs });
const command = (counter: number, sentMs: number): FromServer => ({
  type: 'command',
  id: counter,
  name: 'work',
  args: {},
  sentMs,
});

/** A session on a connection that carries what the test puts into it. */
function open() {
  const line = new EventTarget();
  const closing = new AbortController();
  const sent: string[] = [];
  const heard: string[] = [];
  const frames = async function* () {
    try {
      for await (const [event] of on(line, 'frame', { signal: closing.signal }))
        yield event.detail as Buffer | undefined;
    } catch (error) {
      if (!closing.signal.aborted) throw error;
    }
  };
  const owner: SessionOwner = {
    hello: () => hello(),
    wireState: vi.fn(() => 'ready' as const),
    welcomed: (_session, { serverBootId }) => void heard.push(`welcomed by ${serverBootId}`),
    command: (_session, message, ageMs) => void heard.push(`${message.id} is ${Math.round(ageMs)} ms old`),
    other: (_session, message) => void heard.push(message.type),
  };
  /** Number of frames that it still reads. */
  const server = { reads: Number.POSITIVE_INFINITY };
  const connection = {
    receive: (take: Parameters<Connection['receive']>[0]) => pushed(frames(), take),
    send: async (frame: Buffer) => {
      if (server.reads === 0) throw Object.assign(new Error('slow'), { code: 'EAGAIN' });
      server.reads -= 1;
      for (const message of readClient(frame)) sent.push(message.type);
    },
    close: vi.fn((_lingerMs: number) => closing.abort()),
    [Symbol.asyncDispose]: async () => closing.abort(),
  };
  const session = new Session(connection, owner);
  const end = session.run();
  const receiveBytes = async (frame: Buffer | undefined) => {
    line.dispatchEvent(new CustomEvent('frame', { detail: frame }));
    await nextTurn();
  };
  const receive = (...messages: FromServer[]) => receiveBytes(frameOf(...messages));
  return { session, owner, end, sent, heard, server, connection, receive, receiveBytes };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('a session', () => {
  test('says hello, and is open when it is welcomed', async () => {
    const { end, sent, heard, connection, receive } = open();
    await nextTurn();
    expect(sent).toStrictEqual(['hello']);
    await receive(command(1, 0), { type: 'ack', ids: [] });
    expect(heard).toStrictEqual([]);
    await receive(welcome(), { type: 'ack', ids: [] });
    expect(heard).toStrictEqual([`welcomed by ${boot}`, 'ack']);
    connection.close(0);
    expect(await end).toMatchObject({ welcomed: true, error: { code: 'cannot_connect' } });
  });

  test('that is refused is over, and reports why', async () => {
    const { end, receive } = open();
    await receive({ type: 'refused', error: { code: 'name_taken', message: 'there is one' } });
    const { welcomed, error } = await end;
    expect([welcomed, error.code, error.message]).toStrictEqual([false, 'name_taken', 'there is one']);
  });

  test('that is refused accepts no further messages, even in the same frame', async () => {
    const { end, heard, receive } = open();
    await receive(
      { type: 'refused', error: { code: 'name_taken', message: 'there is one' } },
      welcome(),
      command(1, 0),
    );
    expect((await end).welcomed).toBe(false);
    expect(heard).toStrictEqual([]);
  });

  test('is welcomed once: a second welcome would make it another session, in which ids could run again', async () => {
    const { end, heard, receive } = open();
    await receive(welcome(), welcome(), command(1, 0));
    expect((await end).error).toStrictEqual(refusal('bad_message'));
    expect(heard).toHaveLength(1);
  });

  test('ends at the first bytes that violate the protocol', async () => {
    const { end, receive, receiveBytes } = open();
    await receive(welcome());
    await receiveBytes(Buffer.from('hello'));
    expect((await end).error).toStrictEqual(refusal('bad_message'));
  });

  test("reports whose bytes were at fault: the server's or its own", async () => {
    const servers = open();
    await servers.receiveBytes(Buffer.from('hello'));
    expect((await servers.end).error.message).toMatch(/^the server sent a bad frame: /);
    const own = open();
    await own.receive({ type: 'refused', error: { code: 'bad_message', message: 'expected an array' } });
    expect((await own.end).error.message).toBe('the server refused what was sent to it: expected an array');
  });

  test('ends at a message of several parts, and ignores what follows', async () => {
    const { end, heard, receive, receiveBytes } = open();
    await receive(welcome());
    await receiveBytes(undefined);
    await receive({ type: 'ack', ids: [] });
    expect((await end).error).toStrictEqual(refusal('bad_message'));
    expect(heard).toHaveLength(1);
  });

  test('answers each heartbeat with its number', async () => {
    const { sent, connection, receive, end } = open();
    await receive(welcome());
    for (const seq of [1, 2]) await receive({ type: 'heartbeat', seq, sentMs: 0 });
    expect(sent).toStrictEqual(['hello', 'heartbeat-ack', 'heartbeat-ack']);
    connection.close(0);
    await end;
  });

  test('says goodbye if it was welcomed', async () => {
    const { session, sent, connection, receive, end } = open();
    await receive(welcome());
    session.close('closed', 500);
    await end;
    expect(sent).toStrictEqual(['hello', 'goodbye']);
    expect(connection.close.mock.calls[0]).toStrictEqual([500]);
  });
});

describe('a server that sends without a pause does not block the process', () => {
  test.each([
    ['many small messages', Array<FromServer>(1_000).fill({ type: 'ack', ids: [] }), 2_000],
    ['large messages', [{ ...command(1, 0), args: { text: 'x'.repeat(1_000_000) } } as FromServer], 2],
    ['long lists of acks', [{ type: 'ack', ids: Array<string>(1_000).fill(`${boot}.1`) } as FromServer], 30],
  ])('by %s', async (_what, messages, most) => {
    let isOver = false;
    setImmediate(() => {
      isOver = true;
    });
    const frame = frameOf(...messages);
    const heard: string[] = [];
    const owner: SessionOwner = {
      hello: () => hello(),
      wireState: () => 'ready',
      welcomed: () => {},
      command: (_session, { type }) => void heard.push(type),
      other: (_session, { type }) => void heard.push(type),
    };
    const frames = async function* () {
      yield frameOf(welcome());
      for (let left = 200; left > 0 && !isOver; left -= 1) yield frame;
    };
    const connection: Connection = {
      receive: (take) => pushed(frames(), take),
      send: async () => {},
      close: () => {},
      [Symbol.asyncDispose]: async () => {},
    };
    await new Session(connection, owner).run();
    expect(heard.length).toBeLessThanOrEqual(most);
  });
});

describe('a server that does not read', () => {
  /** An assertion would print a hundred thousand messages at each check. */
  const patience = { timeout: 50_000 };
  const beats = (count: number) =>
    Array.from({ length: count }, (_, seq): FromServer => ({ type: 'heartbeat', seq, sentMs: 0 }));
  const inAll = limits.maxDueMessages + 8 * limits.maxBatchMessages;
  const progress = (fraction: number): FromClient => ({ type: 'progress', id: `${boot}.1`, fraction });

  /** It has requested as many messages as may be pending for it, and more that are still unread. */
  async function full() {
    const scene = open();
    await scene.receive(welcome());
    scene.server.reads = 0;
    for (let asked = 0; asked < inAll; asked += limits.maxBatchMessages) {
      await scene.receive(...beats(limits.maxBatchMessages));
    }
    const answered = (count: number) =>
      vi.waitUntil(() => vi.mocked(scene.owner.wireState).mock.calls.length === count, patience);
    await answered(limits.maxDueMessages);
    return { ...scene, answered };
  }

  test('is not read either while many messages are pending for it, and misses nothing when it reads again', async () => {
    const { sent, server, answered, connection, end } = await full();
    server.reads = 1;
    await answered(limits.maxDueMessages + limits.maxBatchMessages);
    server.reads = Number.POSITIVE_INFINITY;
    await answered(inAll);
    await vi.waitFor(() => expect(sent).toHaveLength(1 + inAll));
    connection.close(0);
    expect((await end).error.code).toBe('cannot_connect');
  });

  test('stays connected while it accepts something, and is left after it has accepted nothing for ten seconds', async () => {
    const { server, answered, connection, end } = await full();
    for (let frames = 1; frames <= 6; frames += 1) {
      vi.advanceTimersByTime(8_000);
      server.reads = 1;
      await answered(limits.maxDueMessages + frames * limits.maxBatchMessages);
    }
    expect(connection.close).not.toHaveBeenCalled();
    vi.advanceTimersByTime(11_000);
    expect(await end).toMatchObject({ welcomed: true, error: { code: 'busy' } });
  });

  test('gets the newest progress of a job when it reads again', async () => {
    const { session, sent, server, connection, end } = await full();
    for (let step = 1; step <= 1_000; step += 1) session.send(progress(step / 1_000));
    server.reads = Number.POSITIVE_INFINITY;
    await vi.waitUntil(() => sent.includes('progress'), patience);
    session.send(progress(1));
    await vi.waitUntil(() => sent.length === 3 + inAll, patience);
    connection.close(0);
    await end;
  });

  test('gets no progress of a job after its outcome', async () => {
    const { session, sent, server, connection, end } = await full();
    session.send(progress(0.5));
    session.send({ type: 'result', id: `${boot}.1`, outcome: 'completed', durationMs: 1 });
    server.reads = Number.POSITIVE_INFINITY;
    await vi.waitUntil(() => sent.length === 2 + inAll, patience);
    session.send({ type: 'state', state: 'ready' });
    await vi.waitUntil(() => sent.at(-1) === 'state', patience);
    expect(sent).not.toContain('progress');
    connection.close(0);
    await end;
  });
});

describe('the age of a command', () => {
  test('is the extra time compared to the quickest message of the session, whatever the clocks say', async () => {
    const { heard, connection, receive, end } = open();
    const ahead = 1_000_000;
    await receive(welcome(ahead + performance.now() - 40));
    await receive(command(1, ahead + performance.now() - 40));
    await receive(command(2, ahead + performance.now() - 540));
    await receive(command(3, ahead + performance.now() - 10));
    await receive(command(4, ahead + performance.now() - 40));
    await receive({ type: 'heartbeat', seq: 1, sentMs: ahead + performance.now() - 5 });
    await receive(command(5, ahead + performance.now() - 40));
    expect(heard.slice(1)).toStrictEqual([0, 500, 0, 30, 35].map((ageMs, index) => `${index + 1} is ${ageMs} ms old`));
    connection.close(0);
    await end;
  });
});

describe('a server that is silent', () => {
  test('for more than ten seconds ends the session', async () => {
    const { end, connection, receive } = open();
    await receive(welcome());
    vi.advanceTimersByTime(10_000);
    expect(connection.close).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    const { welcomed, error } = await end;
    expect([welcomed, error.code, error.message]).toStrictEqual([
      true,
      'cannot_connect',
      'the server was silent for 10 s',
    ]);
  });

  test('is not judged after this process itself was stopped, before the received messages are read', async () => {
    const { end, connection, receive } = open();
    await receive(welcome());
    vi.advanceTimersByTime(5_000);
    const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);
    vi.advanceTimersToNextTimer();
    clock.mockRestore();
    expect(connection.close).not.toHaveBeenCalled();
    connection.close(0);
    await end;
  });

  test('is not silent while anything arrives', async () => {
    const { end, connection, receive } = open();
    await receive(welcome());
    for (let second = 0; second < 30; second += 5) {
      vi.advanceTimersByTime(5_000);
      await receive({ type: 'ack', ids: [] });
    }
    expect(connection.close).not.toHaveBeenCalled();
    connection.close(0);
    await end;
  });
});
