import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { zmtpGreeting, zmtpReady } from '../support/zmtp.ts';
import { type HostileScene, hostileScene, type ServerKind, serverKinds } from './hostile-scene.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const text = (value: string) => Buffer.from(value, 'latin1');
const join = (...parts: readonly Buffer[]) => Buffer.concat(parts);

/** A greeting of ZMTP 3.1 that requests `mechanism`. */
const greeting = (mechanism: string) =>
  join(hex('ff 0000000000000001 7f 03 01'), text(mechanism.padEnd(20, '\0')), Buffer.alloc(32));
/** The greeting of ZMTP 1.0: an identity without a name. Then frames follow: length, flags, bytes. */
const zmtp1 = hex('01 00');
const shaken = join(zmtpGreeting, zmtpReady('DEALER'));

const hungUp = 'the server hangs up';
/** A server without keys supports ZMTP 1.0, too: it waits for the rest of a frame. */
const waits = 'the server waits for more';
const refused = 'the server answers bad_message';

const cases: [what: string, bytes: Buffer, plain: string][] = [
  ['an HTTP request', text('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'), waits],
  ['a TLS hello', join(hex('16 0301 00c8 01 0000c4 0303'), Buffer.alloc(195, 0xab)), waits],
  ['an SSH banner', text('SSH-2.0-OpenSSH_9.9\r\n'), waits],
  ['zeros', Buffer.alloc(1_000), hungUp],
  ['ones', Buffer.alloc(1_000, 0xff), hungUp],
  ['ZMTP 1.0 with a message', join(zmtp1, hex('09 00'), text('garbage!')), refused],
  ['ZMTP 1.0 with a message of two parts', join(zmtp1, hex('02 01 61 02 00 62')), refused],
  ['ZMTP 1.0 with a length of 2^63 - 1', join(zmtp1, hex('ff 7fffffffffffffff 00')), hungUp],
  ['half a greeting', zmtpGreeting.subarray(0, 20), hungUp],
  ['a greeting and no more', zmtpGreeting, hungUp],
  ['a greeting for CURVE and no more', greeting('CURVE'), hungUp],
  ['a greeting for PLAIN', greeting('PLAIN'), hungUp],
  ['a greeting for an unknown mechanism', greeting('KERBEROS'), hungUp],
  ['a READY of a wrong kind of socket', join(zmtpGreeting, zmtpReady('PUB')), hungUp],
  [
    'a READY full of lengths that cannot be true',
    join(zmtpGreeting, hex('04ff'), text('\u0005READY'), Buffer.alloc(249, 0xff)),
    hungUp,
  ],
  ['a command of 2^63 - 1 bytes', join(zmtpGreeting, hex('06 7fffffffffffffff')), hungUp],
  ['a CURVE hello of nothing', join(greeting('CURVE'), hex('04c6'), text('\u0005HELLO'), Buffer.alloc(192)), hungUp],
  ['a CURVE command of 2^63 - 1 bytes', join(greeting('CURVE'), hex('06 7fffffffffffffff')), hungUp],
  [
    'a CURVE command over the limit of a frame',
    join(greeting('CURVE'), hex('06 0000000000200000'), Buffer.alloc(300_000)),
    hungUp,
  ],
  ['a frame of 2^63 - 1 bytes', join(shaken, hex('02 7fffffffffffffff')), hungUp],
  ['a frame of 2 GiB', join(shaken, hex('02 0000000080000000')), hungUp],
  ['a frame one byte over the limit of libzmq', join(shaken, hex('02 0000000000200001')), hungUp],
  ['a frame with flags that are reserved', join(shaken, hex('f8 01 c1')), refused],
  ['a frame that is no message', join(shaken, hex('00 01 c1')), refused],
  ['the first bytes of a frame and no more', join(shaken, hex('02 00000000000fffff 00')), waits],
];

async function harm(scene: HostileScene, bytes: Buffer, expected: string): Promise<void> {
  // A frame before the other side's READY is a separate error.
  const afterHandshake = bytes.subarray(0, shaken.length).equals(shaken) && scene.kind === 'without keys';
  await using raw = scene.raw(afterHandshake ? shaken : bytes);
  if (afterHandshake) {
    await raw.untilHeard('READY');
    raw.socket.write(bytes.subarray(shaken.length));
  }
  // With keys nothing can be sent before the handshake has proved one.
  if (scene.kind === 'with keys' || expected === hungUp) await raw.ended;
  else if (expected === refused) await raw.untilHeard('bad_message');
  else await raw.untilHeard('\u007f');
  if (scene.kind === 'without keys') expect(raw.heard.includes('bad_message')).toBe(expected === refused);
  await scene.expectUnharmed();
}

describe.each<ServerKind>(serverKinds)('a server %s and its clients are not affected by', (kind) => {
  let scene: HostileScene;
  beforeAll(async () => {
    scene = await hostileScene(kind);
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  test.each(cases)('%s', async (_what, bytes, plain) => {
    await harm(scene, bytes, plain);
  });
});
