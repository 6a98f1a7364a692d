import { getEventListeners, once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { dial, listen } from '../../src/wire/sockets.ts';
import { anyPort, plainServer } from './raw-peers.ts';
import { refusal } from './refusal.ts';
import { blockMs, zmtpGreeting, zmtpReady } from './zmtp.ts';

const forever = new AbortController().signal;

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
test('a server that ends right after the handshake is not taken for one that lives', {
  timeout: 5_000,
}, async () => {
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
  expect((await connection.frames().next()).done).toBe(true);
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
    expect(String((await listener.arrivals().next()).value?.parts)).toBe('still here');
  });
});
