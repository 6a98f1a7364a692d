import { describe, expect, onTestFinished, test } from 'vitest';
import { Context, Request } from 'zeromq';
import { type ClientKeys, createKeyPair, type Handshake, type ServerKeys } from '../../src/wire/curve.ts';
import { dial } from '../../src/wire/dial.ts';
import { type Listener, listen } from '../../src/wire/listener.ts';
import { bindSocket } from '../../src/wire/server-socket.ts';
import { serveZap } from '../../src/wire/zap.ts';
import { arrivalsOf } from '../support/pulled.ts';

const server = createKeyPair();
const [known, unknown] = [createKeyPair(), createKeyPair()];
const forever = new AbortController().signal;
const as = (pair: { publicKey: string; secretKey: string }, serverKey = server.publicKey): ClientKeys => ({
  ...pair,
  serverKey,
});
const tcp = 'tcp://127.0.0.1:*';

/** A listener, and every frame that it received. */
async function open(authenticate?: ServerKeys['authenticate']) {
  const listener = await listen(tcp, authenticate && { ...server, authenticate });
  const frames: string[] = [];
  const reading = (async () => {
    for await (const { parts } of arrivalsOf(listener)) if (parts) frames.push(parts.join());
  })();
  onTestFinished(async () => {
    await listener[Symbol.asyncDispose]();
    await reading;
  });
  return { listener, frames };
}

/** Dials and sends one frame. Returns how the attempt ended. */
async function knock(listener: Listener, keys?: ClientKeys): Promise<string> {
  try {
    await using connection = await dial(listener.endpoint, forever, keys);
    await connection.send(Buffer.from('hello'));
    connection.close(500);
    return 'in';
  } catch (error) {
    return error instanceof Error ? error.message.replace(listener.endpoint, 'it') : String(error);
  }
}

const letIn = ({ publicKey }: Handshake) => publicKey === known.publicKey;

test('a client with a known key is admitted, and its frame arrives', async () => {
  const { listener, frames } = await open(letIn);
  expect(await knock(listener, as(known))).toBe('in');
  await expect.poll(() => frames).toEqual(['hello']);
});

describe('a client is refused with a reason', () => {
  test.each<[string, ClientKeys | undefined, RegExp]>([
    [
      'an unknown key',
      as(unknown),
      /^cannot reach it: it does not accept these credentials: they were not added yet, or were revoked$/,
    ],
    ['no key', undefined, /^cannot reach it: it closed the connection; if it has keys, add --credentials FILE$/],
    [
      'a wrong key of the server',
      as(known, unknown.publicKey),
      /^cannot reach it: it closed the connection: it has no keys, or other keys than these credentials expect; /,
    ],
  ])('%s', async (_, keys, said) => {
    const { listener, frames } = await open(letIn);
    expect(await knock(listener, keys)).toMatch(said);
    expect(await knock(listener, as(known))).toBe('in');
    await expect.poll(() => frames).toEqual(['hello']);
  });

  test('a client with keys is refused by a server without keys', async () => {
    const { listener, frames } = await open();
    const said =
      /^cannot reach it: it closed the connection: it has no keys, or other keys than these credentials expect; /;
    expect(await knock(listener, as(known))).toMatch(said);
    expect(frames).toEqual([]);
  });
});

test('of the addresses of one name, a server that refuses the key decides the error, not an address without a listener', async () => {
  const { listener } = await open(letIn);
  const endpoint = listener.endpoint.replace('127.0.0.1', 'server.test');
  const lookup = async () => ['127.0.0.2', '127.0.0.1', '127.0.0.3'].map((address) => ({ address, family: 4 }));
  await expect(dial(endpoint, forever, as(unknown), lookup)).rejects.toMatchObject({ code: 'not_allowed' });
});

describe('the key check fails', () => {
  // Both ends time out at the same moment; which one reports first decides the message.
  const late = /^cannot reach it: (the handshake was not answered|it closed the connection: .*)$/;
  const denied = /^cannot reach it: it does not accept these credentials: they were not added yet, or were revoked$/;
  const unable = /^cannot reach it: it could not check these credentials$/;
  test.each<[string, ServerKeys['authenticate'], RegExp]>([
    [
      'it throws',
      () => {
        throw new Error('broken');
      },
      unable,
    ],
    ['it rejects', () => Promise.reject(new Error('broken')), unable],
    ['it never comes', () => new Promise<never>(() => {}), late],
    ['it is no boolean', () => 'yes' as never, denied],
  ])('%s: nobody comes in', async (_, authenticate, said) => {
    const { listener, frames } = await open(authenticate);
    expect(await knock(listener, as(known))).toMatch(said);
    expect(frames).toEqual([]);
  });

  test('a check that hangs does not delay other clients', async () => {
    const { listener } = await open((handshake) => letIn(handshake) || new Promise<never>(() => {}));
    const hanging = knock(listener, as(unknown));
    expect(await knock(listener, as(known))).toBe('in');
    expect(await hanging).toMatch(late);
  });
});

describe('a request that libzmq does not send', () => {
  const [version, domain, mechanism, key] = ['1.0', 'signalbox', 'CURVE', Buffer.alloc(32)];
  test.each<[string, (string | Buffer)[], string]>([
    ['(as it asks)', [version, '1', domain, '', '', mechanism, key], '200'],
    ['of another version', ['2.0', '1', domain, '', '', mechanism, key], '400'],
    ['for another domain', [version, '1', 'other', '', '', mechanism, key], '400'],
    ['by another mechanism', [version, '1', domain, '', '', 'NULL', key], '400'],
    ['with half a key', [version, '1', domain, '', '', mechanism, key.subarray(16)], '400'],
    ['without a key', [version, '1', domain, '', '', mechanism], '400'],
  ])('%s gets its answer', async (_, frames, status) => {
    const context = new Context();
    await using _zap = await serveZap(context, () => true);
    const asking = new Request({ context, linger: 0 });
    onTestFinished(() => asking.close());
    asking.connect('inproc://zeromq.zap.01');
    await asking.send(frames);
    const [, , answered] = await asking.receive();
    expect(String(answered)).toBe(status);
  });
});

describe('without a handler', () => {
  /** A socket in a separate context, with or without a handler. */
  async function bare(handler: 'absent' | 'closed' | 'of another domain') {
    const context = new Context();
    if (handler !== 'absent') {
      const domain = handler === 'closed' ? 'signalbox' : 'another';
      const zap = await serveZap(context, () => true, domain);
      if (handler === 'closed') await zap[Symbol.asyncDispose]();
      else onTestFinished(() => zap[Symbol.asyncDispose]());
    }
    const { socket, endpoint, close } = await bindSocket(tcp, context, { ...server, authenticate: letIn });
    onTestFinished(close);
    const frames: string[] = [];
    (async () => {
      for await (const [, frame] of socket) if (frame?.length) frames.push(String(frame));
    })().catch(() => {});
    return { endpoint, frames };
  }

  test.each(['absent', 'closed', 'of another domain'] as const)(
    '%s: libzmq itself refuses every client',
    async (how) => {
      const { endpoint, frames } = await bare(how);
      await expect(dial(endpoint, forever, as(known))).rejects.toThrow('cannot reach');
      expect(frames).toEqual([]);
    },
  );
});

test('two listeners with keys in one process each use their own list', async () => {
  const [one, two] = [await open(letIn), await open(({ publicKey }) => publicKey === unknown.publicKey)];
  expect(await Promise.all([knock(one.listener, as(known)), knock(two.listener, as(unknown))])).toEqual(['in', 'in']);
  const others = await Promise.all([knock(one.listener, as(unknown)), knock(two.listener, as(known))]);
  expect(others.filter((said) => said.includes('does not accept these credentials'))).toHaveLength(2);
});
