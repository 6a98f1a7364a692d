import { networkInterfaces } from 'node:os';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { capability, Router } from 'zeromq';
import { limits } from '../../schemas/index.ts';
import { dial } from '../../src/wire/dial.ts';
import { listen } from '../../src/wire/listener.ts';
import { arrivalsOf, framesOf } from '../support/pulled.ts';
import { fill, opened } from '../support/raw-peers.ts';
import { refusal } from '../support/refusal.ts';

const code = (value: string): unknown => expect.objectContaining({ code: value });
const forever = new AbortController().signal;

describe('a connection', () => {
  test('carries frames both ways, to the right peer', async () => {
    await using here = await opened();
    await using a = (await here.joined('a')).connection;
    const b = await here.joined('b');
    await using _b = b.connection;
    await here.listener.send(b.peer, Buffer.from('to b'));
    expect(String(await b.frame())).toBe('to b');
    await a.send(Buffer.from('from a'));
    expect(String((await here.arrival()).parts)).toBe('from a');
  });

  test('keeps the order of two hundred frames sent in one tick', async () => {
    await using here = await opened();
    const { connection, peer, frame } = await here.joined();
    await using _connection = connection;
    const texts = Array.from({ length: 200 }, (_, index) => String(index));
    await Promise.all(texts.map((text) => connection.send(Buffer.from(text))));
    for (const text of texts) expect(String((await here.arrival()).parts)).toBe(text);
    await Promise.all(texts.map((text) => here.listener.send(peer, Buffer.from(text))));
    for (const text of texts) expect(String(await frame())).toBe(text);
  });

  test('carries an empty frame and one of the maximum length', async () => {
    await using here = await opened();
    const { connection, peer, frame } = await here.joined();
    await using _connection = connection;
    const long = Buffer.alloc(limits.maxMessageBytes, 7);
    for (const each of [long, Buffer.alloc(0)]) {
      await connection.send(each);
      const { parts = [] } = await here.arrival();
      expect(parts.map((part) => part.equals(each))).toStrictEqual([true]);
      await here.listener.send(peer, each);
      expect((await frame()).equals(each)).toBe(true);
    }
  });

  test('gets a unique peer id, even if the same client reconnects', async () => {
    await using here = await opened();
    const first = await here.joined();
    await using _first = first.connection;
    const second = await here.joined();
    await using _second = second.connection;
    first.connection.close(0);
    expect(await here.arrival()).toStrictEqual({ peer: first.peer, parts: undefined });
    const third = await here.joined();
    await using _third = third.connection;
    expect(new Set([first.peer, second.peer, third.peer]).size).toBe(3);
  });
});

describe.runIf(capability.draft)('the end of a connection', () => {
  test('arrives last, after everything that the peer sent', async () => {
    await using here = await opened();
    const { connection, peer } = await here.joined();
    for (let index = 0; index < 50; index += 1) await connection.send(Buffer.from([index]));
    connection.close(1_000);
    for (let index = 0; index < 50; index += 1) {
      expect(await here.arrival()).toStrictEqual({ peer, parts: [Buffer.from([index])] });
    }
    expect(await here.arrival()).toStrictEqual({ peer, parts: undefined });
  });

  test('arrives for a peer that never sent anything', async () => {
    await using here = await opened();
    const connection = await dial(here.listener.endpoint, forever);
    connection.close(0);
    expect((await here.arrival()).parts).toBeUndefined();
  });

  test('makes later sends fail with EHOSTUNREACH, possibly after a few', async () => {
    await using here = await opened();
    const { connection, peer } = await here.joined();
    connection.close(0);
    expect(await here.arrival()).toStrictEqual({ peer, parts: undefined });
    // A few may still be accepted and lost: the notice comes before ROUTER has dropped the connection.
    expect((await fill((each) => here.listener.send(peer, each))).code).toBe('EHOSTUNREACH');
    await expect(here.listener.send(peer, Buffer.from('x'))).rejects.toThrow(code('EHOSTUNREACH'));
  });

  test('ends the frames at the other side, too', async () => {
    await using here = await opened();
    const { connection } = await here.joined();
    const frames = framesOf(connection);
    const next = frames.next();
    await here.listener[Symbol.asyncDispose]();
    expect(await next).toStrictEqual({ value: undefined, done: true });
    expect(await frames.next()).toStrictEqual({ value: undefined, done: true });
  });
});

test('a peer that never existed is EHOSTUNREACH', async () => {
  await using here = await opened();
  await expect(here.listener.send('nobody', Buffer.from('x'))).rejects.toThrow(code('EHOSTUNREACH'));
});

describe('a peer that does not read', () => {
  test('causes EAGAIN at the server, and gets everything that was accepted once it reads', async () => {
    await using here = await opened();
    const { connection, peer, frame } = await here.joined();
    await using _connection = connection;
    const { taken, code } = await fill((each) => here.listener.send(peer, each));
    expect(code).toBe('EAGAIN');
    for (let index = 0; index < taken; index += 1) expect((await frame()).readUInt32BE()).toBe(index);
    await here.listener.send(peer, Buffer.from('again'));
    expect(String(await frame())).toBe('again');
  });

  test('does not delay another peer', async () => {
    await using here = await opened();
    const slow = await here.joined();
    await using _slow = slow.connection;
    const quick = await here.joined();
    await using _quick = quick.connection;
    expect((await fill((each) => here.listener.send(slow.peer, each))).code).toBe('EAGAIN');
    await here.listener.send(quick.peer, Buffer.from('hello'));
    expect(String(await quick.frame())).toBe('hello');
  });

  test('causes EAGAIN at the client, if it is the server', async () => {
    await using listener = await listen('tcp://127.0.0.1:*');
    await using connection = await dial(listener.endpoint, forever);
    expect((await fill(connection.send)).code).toBe('EAGAIN');
  });
});

test('data sent before a connection closes arrives within the linger time', async () => {
  await using listener = await listen('tcp://127.0.0.1:*');
  const connection = await dial(listener.endpoint, forever);
  const { taken } = await fill(connection.send);
  connection.close(30_000);
  let arrived = 0;
  for await (const { parts } of arrivalsOf(listener)) {
    if (!parts) break;
    expect(parts[0]?.readUInt32BE()).toBe(arrived);
    arrived += 1;
  }
  expect(arrived).toBe(taken);
});

test('a connection to a server that sends a frame that libzmq refuses ends with that reason', async () => {
  const server = new Router({ linger: 0 });
  onTestFinished(() => server.close());
  await server.bind('tcp://127.0.0.1:*');
  await using connection = await dial(server.lastEndpoint ?? '', forever);
  await connection.send(Buffer.from('hello'));
  const [peer = ''] = await server.receive();
  const read = vi.fn(() => undefined);
  const ended = connection.receive(read);
  await server.send([peer, Buffer.alloc(limits.maxTransportBytes)]);
  await server.send([peer, Buffer.alloc(limits.maxTransportBytes + 1)]);
  await expect(ended).rejects.toThrow(refusal('bad_message'));
  await expect(ended).rejects.toThrow('2097152 bytes');
  expect(read).toHaveBeenCalledTimes(1);
});

test('a connection ends without an error if the server closes it', async () => {
  const server = new Router({ linger: 0 });
  await server.bind('tcp://127.0.0.1:*');
  await using connection = await dial(server.lastEndpoint ?? '', forever);
  const ended = connection.receive(() => undefined);
  server.close();
  expect(await ended).toBeUndefined();
});

describe('closing', () => {
  test('ends pending reads of arrivals and frames, and can be repeated', async () => {
    await using listener = await listen('tcp://127.0.0.1:*');
    await using connection = await dial(listener.endpoint, forever);
    const frame = framesOf(connection).next();
    connection.close(0);
    connection.close(0);
    await connection[Symbol.asyncDispose]();
    expect((await frame).done).toBe(true);

    const arrivals = arrivalsOf(listener);
    const arrived = (async () => {
      let last = await arrivals.next();
      while (!last.done) last = await arrivals.next();
      return last.done;
    })();
    await listener[Symbol.asyncDispose]();
    await listener[Symbol.asyncDispose]();
    expect(await arrived).toBe(true);
  });

  test('frees the port each time', async () => {
    const first = await listen('tcp://127.0.0.1:*');
    await Promise.all([first[Symbol.asyncDispose](), first[Symbol.asyncDispose]()]);
    for (let round = 0; round < 20; round += 1) {
      const next = await listen(first.endpoint);
      expect(next.endpoint).toBe(first.endpoint);
      await next[Symbol.asyncDispose]();
    }
  });

  // zeromq throws at once on a closed socket. An outbox with pending messages meets that in its callback.
  test('makes a later send reject, not throw', async () => {
    const listener = await listen('tcp://127.0.0.1:*');
    await using connection = await dial(listener.endpoint, forever);
    connection.close(0);
    await listener[Symbol.asyncDispose]();
    const sends = [connection.send(Buffer.from('x')), listener.send('nobody', Buffer.from('x'))];
    await Promise.all(sends.map((send) => expect(send).rejects.toThrow(code('EBADF'))));
  });
});

test('a port in use causes cannot_bind with the address', async () => {
  await using listener = await listen('tcp://127.0.0.1:*');
  const second = listen(listener.endpoint);
  await expect(second).rejects.toThrow(refusal('cannot_bind'));
  await expect(second).rejects.toThrow(listener.endpoint);
});

const hasIpv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'));

test.runIf(hasIpv6)('the IPv6 loopback address is a valid endpoint', async () => {
  await using listener = await listen('tcp://[::1]:*');
  await using connection = await dial(listener.endpoint, forever);
  await connection.send(Buffer.from('six'));
  expect(String((await arrivalsOf(listener).next()).value?.parts)).toBe('six');
});
