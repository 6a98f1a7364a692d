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

describe('dialling an address without Signalbox', () => {
  test('fails with cannot_connect at once if nothing listens', async () => {
    const listener = await listen(anyPort);
    await listener[Symbol.asyncDispose]();
    const startedMs = performance.now();
    await expect(dial(listener.endpoint, forever)).rejects.toThrow(refusal('cannot_connect'));
    expect(performance.now() - startedMs).toBeLessThan(limits.handshakeMs);
  });

  test.each(['nonsense', 'tcp://', 'tcp://127.0.0.1', 'http://127.0.0.1:80'])(
    'fails with cannot_connect if %j is not an address',
    async (endpoint) => {
      await expect(dial(endpoint, forever)).rejects.toThrow(refusal('cannot_connect'));
    },
  );

  test.each<[string, Buffer]>([
    ['bytes that start like a greeting', Buffer.alloc(100, 0xff)],
    [
      'a greeting of another mechanism',
      Buffer.from(`ff00000000000000007f0300${'41'.repeat(20)}${'00'.repeat(32)}`, 'hex'),
    ],
  ])('is cannot_connect where it speaks %s', async (_what, bytes) => {
    await using plain = await plainServer((socket) => socket.write(bytes));
    await expect(dial(plain.endpoint, forever)).rejects.toThrow(refusal('cannot_connect'));
  });

  test('fails with cannot_connect if the other end hangs up', async () => {
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

// Events are read one by one. An end that is read in the same turn as the handshake must not be missed.
test('a server that ends right after the handshake does not count as connected', async () => {
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

describe('a host name', () => {
  /** Names as a name server resolves them: each with its addresses in the order in which they are tried. */
  const knowing =
    (...addresses: string[]): Lookup =>
    async () =>
      addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  const failing =
    (code: string): Lookup =>
    () =>
      Promise.reject(Object.assign(new Error(code), { code }));

  /** Listens at an address. Returns what arrives from a client that dials a name with these addresses. */
  async function greeted(address: string, ...addresses: string[]): Promise<string> {
    await using listener = await listen(address);
    const port = listener.endpoint.split(':').at(-1);
    await using connection = await dial(`tcp://server.test:${port}`, forever, undefined, knowing(...addresses));
    await connection.send(Buffer.from('hello'));
    return String((await arrivalsOf(listener).next()).value?.parts);
  }

  test.runIf(hasIpv6)('that has only an IPv6 address is reached', async () => {
    expect(await greeted('tcp://[::1]:*', '::1')).toBe('hello');
  });

  test.runIf(hasIpv6)('that also has an IPv6 address is reached if the server listens only on IPv4', async () => {
    expect(await greeted('tcp://127.0.0.1:*', '::1', '127.0.0.1')).toBe('hello');
  });

  test('with several addresses is reached if only the last one has a server', async () => {
    expect(await greeted('tcp://127.0.0.1:*', '127.0.0.3', '127.0.0.2', '127.0.0.1')).toBe('hello');
  });

  test.each(['ENOTFOUND', 'EAI_AGAIN'])(
    'that cannot be resolved (%s) is named in the error, which does not claim that nothing listens',
    async (code) => {
      const dialled = dial('tcp://server.test:5555', forever, undefined, failing(code));
      const text = `cannot reach tcp://server.test:5555: the name server.test cannot be resolved (${code})`;
      await expect(dialled).rejects.toMatchObject({ code: 'cannot_connect', message: text });
    },
  );

  test('that no name server answers for does not delay closing', async () => {
    const stop = new AbortController();
    const dialled = dial('tcp://server.test:5555', stop.signal, undefined, () => new Promise<never>(() => {}));
    stop.abort();
    await expect(dialled).rejects.toThrow(refusal('closed'));
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
  });

  test('is not resolved if the signal was aborted before', async () => {
    const dialled = dial('tcp://server.test:5555', AbortSignal.abort(), undefined, () => new Promise<never>(() => {}));
    await expect(dialled).rejects.toThrow(refusal('closed'));
  });

  test('can be listened on: the first IPv4 address is used, else the first address', async () => {
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

test('an address that has a server in the meantime is tried only once', async () => {
  const ends: Promise<unknown>[] = [];
  await using plain = await plainServer((socket) => ends.push(once(socket.resume(), 'close')));
  expect(await whyUnreachable(plain.endpoint)).toBe('it has only just begun to listen');
  expect(ends).toHaveLength(1);
  await Promise.all(ends);
});

test('one attempt makes one connection, however it ends', async () => {
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

test('an unreachable host is not reported as a host without a listener', async () => {
  // The kernel refuses a connection to the broadcast address immediately.
  const dialled = dial('tcp://255.255.255.255:5555', forever);
  await expect(dialled).rejects.toMatchObject({
    code: 'cannot_connect',
    message: expect.stringMatching(/connect E[A-Z]+/),
  });
});

describe('an abort', () => {
  test('before the call prevents the connection', async () => {
    let connections = 0;
    await using plain = await plainServer(() => {
      connections += 1;
    });
    await expect(dial(plain.endpoint, AbortSignal.abort())).rejects.toThrow(refusal('closed'));
    expect(connections).toBe(0);
  });

  test('ends the attempt and closes the connection', async () => {
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

  test('after the connection is made has no effect', async () => {
    await using listener = await listen(anyPort);
    const stop = new AbortController();
    await using connection = await dial(listener.endpoint, stop.signal);
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
    stop.abort();
    await connection.send(Buffer.from('still here'));
    expect(String((await arrivalsOf(listener).next()).value?.parts)).toBe('still here');
  });
});
