import { readdirSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { openClient } from '../support/library.ts';
import { readServer } from '../support/wire.ts';
import { zmtpGreeting, zmtpReady } from '../support/zmtp.ts';
import { type HostileScene, hostileScene, type RawConnection, serverKinds } from './hostile-scene.ts';

/** Opens connections one after the other; they are closed together. */
async function manyRaw(scene: HostileScene, count: number, bytes: Buffer) {
  await using stack = new AsyncDisposableStack();
  const raws: RawConnection[] = [];
  for (let left = count; left > 0; left -= 1) raws.push(stack.use(scene.raw(bytes)));
  await Promise.all(raws.map(({ opened }) => opened));
  const kept = stack.move();
  return { raws, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

const openFiles = () => readdirSync('/proc/self/fd').length;

describe.each(serverKinds)('a server %s', (kind) => {
  test('serves its client beside 500 silent connections, and closes each of them', async () => {
    await using scene = await hostileScene(kind);
    await using silent = await manyRaw(scene, 500, Buffer.alloc(0));
    await scene.expectUnharmed();
    if (kind === 'without keys') {
      await using _more = await openClient(scene.server, { name: 'another' });
      await scene.server.waitForClients(2);
    } else {
      await using mallory = await scene.letIn();
      await mallory.greet();
    }
    await Promise.all(silent.raws.map(({ ended }) => ended));
  });

  test('serves its client after a thousand short connections, and keeps nothing of them', async () => {
    await using scene = await hostileScene(kind);
    const before = openFiles();
    const shaken = Buffer.concat([zmtpGreeting, zmtpReady('DEALER')]);
    for (let round = 0; round < 1_000; round += 1) {
      await using raw = scene.raw(shaken.subarray(0, round % shaken.length));
      await raw.opened;
      if (round % 2 === 0) raw.socket.resetAndDestroy();
    }
    await scene.expectUnharmed();
    await vi.waitFor(() => expect(openFiles()).toBeLessThanOrEqual(before), { timeout: 50_000 });
  });

  test('tells the sender of a frame over the message limit that this was the reason', async () => {
    await using scene = await hostileScene(kind);
    await using mallory = await scene.letIn();
    await mallory.greet();
    await mallory.connection.send(Buffer.alloc(limits.maxMessageBytes + 1));
    const message = `a frame of ${limits.maxMessageBytes + 1} bytes is over ${limits.maxMessageBytes}`;
    expect(await mallory.next('refused')).toMatchObject({ error: { code: 'bad_message', message } });
    await scene.expectUnharmed(['mallory']);
  });

  test.each([1, 10_000_000])(
    'disconnects the sender of a frame %i bytes over the limit of libzmq, and nobody else',
    async (excess) => {
      await using scene = await hostileScene(kind);
      await using mallory = await scene.letIn();
      await mallory.greet();
      await mallory.connection.send(Buffer.alloc(limits.maxTransportBytes + excess));
      await expect(mallory.next('refused')).rejects.toThrow('the connection ended');
      await scene.expectUnharmed(['mallory']);
    },
  );

  test('refuses a message of 100,000 parts', async () => {
    await using scene = await hostileScene(kind);
    await using mallory = await scene.letInRaw();
    await mallory.send(Array<string>(100_000).fill(''));
    const [answer = Buffer.alloc(0)] = await mallory.receive();
    expect(readServer(answer)).toMatchObject([{ type: 'refused', error: { code: 'bad_message' } }]);
    await scene.expectUnharmed();
  });
});

test('without keys, 300 connections of ZMTP 1.0 that send garbage are refused one by one', async () => {
  await using scene = await hostileScene('without keys');
  await using old = await manyRaw(scene, 300, Buffer.from('01000900', 'hex'));
  for (const { socket } of old.raws) socket.write('garbage!');
  await Promise.all(old.raws.map((raw) => raw.untilHeard('bad_message')));
  await scene.expectUnharmed();
});

test('with keys, they do not get that far', async () => {
  await using scene = await hostileScene('with keys');
  await using old = await manyRaw(scene, 300, Buffer.from('01000900', 'hex'));
  await Promise.all(old.raws.map(({ ended }) => ended));
  await scene.expectUnharmed();
});
