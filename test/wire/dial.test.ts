import { getEventListeners, once } from 'node:events';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { dial } from '../../src/wire/dial.ts';
import { listen } from '../../src/wire/listener.ts';
import { type Lookup, resolveForListening } from '../../src/wire/resolve.ts';
import { whyUnreachable } from '../../src/wire/why-unreachable.ts';
import { arrivalsOf, framesOf } from '../support/pulled.ts';
import { anyPort, plainServer } from '../support/raw-peers.ts';
import { refusal } from '../support/refusal.ts';
import { blockMs, zmtpGreeting, zmtpReady } from '../support/zmtp.ts';

const forever = new AbortController().signal;
const hasIpv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'));

describe('dialling where no Signalbox is', () => {
  test('is cannot_connect at once where nobody listens', async () => {
    const listener = await listen(anyPort);
    await listener[Symbol.asyncDispose]();
    const startedMs = performance.now();
    await expect(dial(listener.endpoint, forever)).rejects.toThrow(refusal('cannot_connect'));
    expect(performance.now() - startedMs).toBeLessThan(limits.handshakeMs);
  });

  test.each(['nonsense', 'tcp://', 'tcp://127.0.0.1', 'http://127.0.0.1:80'])(
    'is cannot_connect where %j is no address',
    async (endpoint) => {
      await expect(dial(endpoint, forever)).rejects.toThrow(refusal('cannot_connect'));
    },
  );

  test.each<[string, Buffer]>([
    ['bytes that begin like a greeting', Buffer.alloc(100, 0xff)],
    [
      'a greeting of another mechanism',
      Buffer.from(`ff00000000000000007f0300${'41'.repeat(20)}${'00'.repeat(32)}`, 'hex'),
    ],
  ])('is cannot_connect where it speaks %s', async (_what, bytes) => {
    await using plain = await plainServer((socket) => socket.write(bytes));
    await expect(dial(plain.endpoint, forever)).rejects.toThrow(refusal('cannot_connect'));
  });

  test('is cannot_connect where it hangs up', async () => {
    await using plain = await plainServer((socket) => socket.end());
    await expect(dial(plain.endpoint, forever)).rejects.toThrow(refusal('cannot_connect'));
  });

  test.concurrent.each<[string, string]>([
    ['is silent', ''],
    ['speaks HTTP', 'HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n'],
    ['greets without end', '\u00ff'],
  ])('is cannot_connect, and in time, where it %s', async (_what, text) => {
    await using plain = await plainServer((socket) => socket.write(text, 'latin1'));
    const startedMs = performance.now();
    await expect(dial(plain.endpoint, forever)).rejects.toThrow(refusal('cannot_connect'));
    expect(performance.now() - startedMs).toBeLessThan(limits.handshakeMs * 3);
  });
});

// The events are read one after the other; an end that is read in the same turn as the handshake must not be missed.
test('a server that ends right after the handshake is not taken for one that lives', async () => {
  await using plain = await plainServer((socket) => {
    let due = zmtpGreeting.length + zmtpReady('DEALER').length;
    socket.write(zmtpGreeting);
    socket.on('data', (data) => {
      due -= data.length;
      if (due > 0) return;
      socket.write(zmtpReady('ROUTER'));
      socket.destroy();
      blockMs(100);
    });
  });
  const connection = await dial(plain.endpoint, forever);
  onTestFinished(() => connection.close(0));
  expect((await framesOf(connection).next()).done).toBe(true);
});

describe('a name', () => {
  /** Names as a name server would know them: each with its addresses, the first to be tried first. */
  const knowing =
    (...addresses: string[]): Lookup =>
    async () =>
      addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  const failing =
    (code: string): Lookup =>
    () =>
      Promise.reject(Object.assign(new Error(code), { code }));

  /** Listens at an address; what arrives of a client that dials a name with these addresses. */
  async function greeted(address: string, ...addresses: string[]): Promise<string> {
    await using listener = await listen(address);
    const port = listener.endpoint.split(':').at(-1);
    await using connection = await dial(`tcp://server.test:${port}`, forever, undefined, knowing(...addresses));
    await connection.send(Buffer.from('hello'));
    return String((await arrivalsOf(listener).next()).value?.parts);
  }

  test.runIf(hasIpv6)('that has an address of IPv6 alone is reached', async () => {
    expect(await greeted('tcp://[::1]:*', '::1')).toBe('hello');
  });

  test.runIf(hasIpv6)('that has an address of IPv6 too is reached where the server listens on IPv4 alone', async () => {
    expect(await greeted('tcp://127.0.0.1:*', '::1', '127.0.0.1')).toBe('hello');
  });

  test('with several addresses is reached where only the last one has a server', async () => {
    expect(await greeted('tcp://127.0.0.1:*', '127.0.0.3', '127.0.0.2', '127.0.0.1')).toBe('hello');
  });

  test.each(['ENOTFOUND', 'EAI_AGAIN'])(
    'that cannot be resolved (%s) is named; nobody says that none listens',
    async (code) => {
      const dialled = dial('tcp://server.test:5555', forever, undefined, failing(code));
      const text = `cannot reach tcp://server.test:5555: the name server.test cannot be resolved (${code})`;
      await expect(dialled).rejects.toMatchObject({ code: 'cannot_connect', message: text });
    },
  );

  test('that no name server answers for keeps nobody from closing', async () => {
    const stop = new AbortController();
    const dialled = dial('tcp://server.test:5555', stop.signal, undefined, () => new Promise<never>(() => {}));
    stop.abort();
    await expect(dialled).rejects.toThrow(refusal('closed'));
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
  });

  test('is not waited for where the signal has aborted before', async () => {
    const dialled = dial('tcp://server.test:5555', AbortSignal.abort(), undefined, () => new Promise<never>(() => {}));
    await expect(dialled).rejects.toThrow(refusal('closed'));
  });

  test('is an address to listen on: the first of IPv4 it has, else the first', async () => {
    const resolved = (...addresses: string[]) => resolveForListening('tcp://server.test:1', knowing(...addresses));
    expect(await resolved('::1', '127.0.0.2', '127.0.0.1')).toBe('tcp://127.0.0.2:1');
    expect(await resolved('::1')).toBe('tcp://[::1]:1');
    const [nic = 'lo'] = Object.keys(networkInterfaces());
    expect(await resolveForListening(`tcp://${nic}:1`, failing('ENOTFOUND'))).toBe(`tcp://${nic}:1`);
    const text = 'cannot listen on tcp://server.test:1: the name server.test cannot be resolved (ENOTFOUND)';
    const refused = expect(resolveForListening('tcp://server.test:1', failing('ENOTFOUND'))).rejects;
    await refused.toMatchObject({ code: 'cannot_bind', message: text });
  });
});

test('an address where somebody listens by now is tried once, and left alone', async () => {
  const ends: Promise<unknown>[] = [];
  await using plain = await plainServer((socket) => ends.push(once(socket.resume(), 'close')));
  expect(await whyUnreachable(plain.endpoint)).toBe('it has only just begun to listen');
  expect(ends).toHaveLength(1);
  await Promise.all(ends);
});

test('one attempt is one connection, however it ends', async () => {
  let connections = 0;
  await using plain = await plainServer((socket) => {
    connections += 1;
    socket.end();
  });
  for (let attempt = 0; attempt < 10; attempt += 1) {
    await expect(dial(plain.endpoint, forever)).rejects.toThrow(refusal('cannot_connect'));
  }
  expect(connections).toBe(10);
});

test('that a host cannot be reached is not said to be nobody who listens', async () => {
  // The kernel refuses a connection to the broadcast address at once.
  const dialled = dial('tcp://255.255.255.255:5555', forever);
  await expect(dialled).rejects.toMatchObject({
    code: 'cannot_connect',
    message: expect.stringMatching(/connect E[A-Z]+/),
  });
});

describe('an abort', () => {
  test('that came before means that nothing is dialled', async () => {
    let connections = 0;
    await using plain = await plainServer(() => {
      connections += 1;
    });
    await expect(dial(plain.endpoint, AbortSignal.abort())).rejects.toThrow(refusal('closed'));
    expect(connections).toBe(0);
  });

  test('ends the attempt and hangs up', async () => {
    await using plain = await plainServer((socket) => socket.resume());
    const connected = once(plain.server, 'connection');
    const stop = new AbortController();
    const dialled = expect(dial(plain.endpoint, stop.signal)).rejects.toThrow(refusal('closed'));
    const [socket] = await connected;
    const hungUp = once(socket, 'close');
    stop.abort();
    await dialled;
    await hungUp;
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
  });

  test('after the connection was made means nothing to it', async () => {
    await using listener = await listen(anyPort);
    const stop = new AbortController();
    await using connection = await dial(listener.endpoint, stop.signal);
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
    stop.abort();
    await connection.send(Buffer.from('still here'));
    expect(String((await arrivalsOf(listener).next()).value?.parts)).toBe('still here');
  });
});
