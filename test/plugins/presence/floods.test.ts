import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { MemoryPresence } from '../../../src/plugins/presence/store/memory-presence.ts';
import { GrpcUser } from './grpc-user.ts';
import { openPresence } from './open-presence.ts';
import { callHeaders, field, flags, frame, openRaw, types } from './raw-http2.ts';

const frames = 100_000;
const mib = 1_048_576;

/** Frames that one connection sends, by their number. */
const floods: Readonly<Record<string, (at: number) => Buffer>> = {
  'calls that are reset at once': (at) =>
    Buffer.concat([
      frame(types.headers, flags.endHeaders, 2 * at + 1, callHeaders('ann')),
      frame(types.rst, flags.none, 2 * at + 1, Buffer.of(0, 0, 0, 8)),
    ]),
  'calls that are no calls': (at) =>
    frame(types.headers, flags.endHeaders | flags.endStream, 2 * at + 1, Buffer.of(0x83, 0x83)),
  'more calls than it may have at a time': (at) =>
    frame(types.headers, flags.endHeaders, 2 * at + 1, callHeaders(`user-${at}`)),
  settings: () => frame(types.settings, flags.none, 0, Buffer.of(0, 4, 0, 0, 0, 1)),
  pings: () => frame(types.ping, flags.none, 0, Buffer.alloc(8)),
  'headers that do not end': (at) =>
    at === 0
      ? frame(types.headers, flags.none, 1, callHeaders('ann'))
      : frame(types.continuation, flags.none, 1, field('x', 'y'.repeat(100))),
  'messages without content': (at) =>
    at === 0 ? frame(types.headers, flags.endHeaders, 1, callHeaders('ann')) : frame(types.data, flags.none, 1),
};

/**
 * Sends all frames that the other side accepts.
 * @returns whether that has closed the connection.
 */
async function flood(socket: Socket, frameAt: (at: number) => Buffer): Promise<boolean> {
  const closed = new Promise<boolean>((resolve) => socket.once('close', () => resolve(true)));
  for (let from = 0; from < frames && !socket.destroyed; from += 1_000) {
    const batch = Array.from({ length: 1_000 }, (_, at) => frameAt(from + at));
    if (!socket.write(Buffer.concat(batch))) await Promise.race([closed, once(socket, 'drain').catch(() => {})]);
  }
  socket.resume();
  return await closed;
}

test.each(Object.entries(floods))(
  'a flood of %s ends its connection, costs no memory, and delays no ping',
  async (_, frameAt) => {
    await using store = new MemoryPresence();
    await using presence = await openPresence(store, { limits: { maxStreams: 100 } });
    await using user = new GrpcUser(presence.address, { 'user-id': 'bob' });
    await presence.told.until(() => user.pings > 0);
    const before = process.memoryUsage().rss;
    const socket = await openRaw(presence.address);
    expect(await flood(socket, frameAt)).toBe(true);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * mib);
    const { pings } = user;
    await presence.told.until(() => user.pings > pings && presence.gateway.connections === 1);
  },
);

test('a message that arrives byte by byte is accepted, and too many of them end their stream', async () => {
  await using store = new MemoryPresence();
  await using presence = await openPresence(store);
  const socket = await openRaw(presence.address);
  socket.resume();
  socket.write(frame(types.headers, flags.endHeaders, 1, callHeaders('ann')));
  for (let bytes = 0; bytes < 5 * 1_000; bytes += 1) socket.write(frame(types.data, flags.none, 1, Buffer.alloc(1)));
  await presence.told.until(() => presence.told.drops.length > 0);
  expect([presence.told.drops, presence.told.pongs]).toEqual([['flooding'], 11]);
});

test('headers above the bound are refused, and the connection stays', async () => {
  await using store = new MemoryPresence();
  await using presence = await openPresence(store);
  const more = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`x-${at}`, 'y'.repeat(500)]));
  await using user = new GrpcUser(presence.address, { 'user-id': 'ann', ...more });
  expect((await user.ended).code).not.toBe('OK');
  expect(presence.gateway.connections).toBe(0);
});
