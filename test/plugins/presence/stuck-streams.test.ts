import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { expect, test } from 'vitest';
import { MemoryPresence } from '../../../src/plugins/presence/store/memory-presence.ts';
import { GrpcUser } from './grpc-user.ts';
import { openPresence } from './open-presence.ts';

/** A connection that lets nothing through: its streams have no window. */
function openStuck(address: string): { readonly session: ClientHttp2Session; [Symbol.dispose](): void } {
  const session = connect(`http://${address}`, { settings: { initialWindowSize: 0 } });
  session.on('error', () => {});
  return { session, [Symbol.dispose]: () => session.destroy() };
}

const connectPath = '/tenten.interview.Gateway/Connect';
const countPath = '/tenten.interview.StatusReader/FetchOnlineUsersInLast3Mins';
const noMessage = Buffer.alloc(5);

test.each([
  ['a user by plain gRPC that is dropped', connectPath, 'application/grpc', undefined],
  ['a user by the protocol of Connect that is dropped', connectPath, 'application/connect+proto', undefined],
  ['a user by gRPC with a deadline that is dropped', connectPath, 'application/grpc', { 'grpc-timeout': '1H' }],
  ['a count that nobody takes', countPath, 'application/grpc', undefined],
  ['a count in JSON that nobody takes', countPath, 'application/json', undefined],
  ['a path that does not exist', '/nothing', 'application/grpc', undefined],
])('%s leaves no stream behind if its peer reads nothing', async (_, path, type, more) => {
  await using store = new MemoryPresence();
  await using presence = await openPresence(store, { limits: { goodbyeMs: 100, callMs: 200 } });
  using stuck = openStuck(presence.address);
  const stream = stuck.session.request({
    ...{ ':method': 'POST', ':path': path, 'content-type': type, te: 'trailers', 'user-id': 'ann' },
    ...(type.includes('connect') && { 'connect-protocol-version': '1' }),
    ...more,
  });
  stream.on('error', () => {});
  if (path === countPath) stream.end(type === 'application/json' ? '{}' : noMessage);
  else stream.write(noMessage);
  await once(stream.resume(), 'close');
  expect(presence.gateway.connections).toBe(0);
});

test('a connection without calls is closed, however often it sends PING', async () => {
  await using store = new MemoryPresence();
  await using presence = await openPresence(store, { limits: { idleMs: 300 } });
  await using user = new GrpcUser(presence.address, { 'user-id': 'ann' });
  const session = connect(`http://${presence.address}`);
  session.on('error', () => {});
  const pings = setInterval(() => !session.destroyed && session.ping(() => {}), 20);
  await once(session, 'close');
  clearInterval(pings);
  const before = user.pings;
  await presence.told.until(() => user.pings > before);
});

test('one user has few streams at a gateway, so that it cannot block others', async () => {
  await using store = new MemoryPresence();
  await using presence = await openPresence(store, { limits: { maxStreamsPerUser: 2 } });
  await using one = new GrpcUser(presence.address, { 'user-id': 'ann' });
  await using two = new GrpcUser(presence.address, { 'user-id': 'ann' });
  await presence.told.until(() => one.pings > 0 && two.pings > 0);
  await using three = new GrpcUser(presence.address, { 'user-id': 'ann' });
  expect(await three.ended).toEqual({ code: 'RESOURCE_EXHAUSTED', details: 'this user has 2 streams here' });
  await using other = new GrpcUser(presence.address, { 'user-id': 'bob' });
  await presence.told.until(() => other.pings > 0);
  await one[Symbol.asyncDispose]();
  await presence.told.until(() => presence.gateway.connections === 2);
  await using again = new GrpcUser(presence.address, { 'user-id': 'ann' });
  await presence.told.until(() => again.pings > 0);
});
