import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { MemoryPresence } from '../../../src/plugins/presence/store/memory-presence.ts';
import { fetchOnlineUsers, GrpcUser } from './grpc-user.ts';
import { openPresence } from './open-presence.ts';

async function openSocket(address: string): Promise<Socket> {
  const [host = '', port = ''] = address.split(':');
  const socket = connect(Number(port), host);
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

test('a connection that never speaks, or speaks another protocol, is closed, and users are not affected', async () => {
  await using store = new MemoryPresence();
  await using presence = await openPresence(store, { limits: { requestMs: 1_000 } });
  await using user = new GrpcUser(presence.address, { 'user-id': 'ann' });
  await presence.told.until(() => user.pings > 0);
  const silent = await openSocket(presence.address);
  const closed = once(silent.resume(), 'close');
  const other = await openSocket(presence.address);
  const refused = once(other.resume(), 'close');
  other.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await Promise.all([closed, refused]);
  const { pings } = user;
  await presence.told.until(() => user.pings > pings);
  expect(presence.gateway.connections).toBe(1);
});

test('an idle connection is closed, and one with users is not', async () => {
  await using store = new MemoryPresence();
  await using presence = await openPresence(store, { limits: { idleMs: 300 } });
  await using user = new GrpcUser(presence.address, { 'user-id': 'ann' });
  const idle = connectHttp2(`http://${presence.address}`);
  await once(idle, 'close');
  const { pings } = user;
  await presence.told.until(() => user.pings > pings);
});

test('a request for the count that does not arrive completely is ended', async () => {
  await using store = new MemoryPresence();
  await using presence = await openPresence(store, { limits: { requestMs: 1_000 } });
  const session = connectHttp2(`http://${presence.address}`);
  const stream = session.request({
    ...{ ':method': 'POST', ':path': '/tenten.interview.StatusReader/FetchOnlineUsersInLast3Mins' },
    ...{ 'content-type': 'application/grpc', te: 'trailers' },
  });
  stream.on('error', () => {});
  stream.write(Buffer.from([0, 0, 0]));
  await once(stream.resume(), 'close');
  session.close();
  expect(await fetchOnlineUsers(presence.address)).toBe(0);
});

test('connections beyond the bound are closed, and there is room again when one closes', async () => {
  await using store = new MemoryPresence();
  await using presence = await openPresence(store, { limits: { maxConnections: 1 } });
  const first = await openSocket(presence.address);
  const second = await openSocket(presence.address);
  await once(second.resume(), 'close');
  first.destroy();
  await expect.poll(() => fetchOnlineUsers(presence.address).catch(() => undefined)).toBe(0);
});

test('a user that reads no pings costs little: only one ping waits for it', async () => {
  await using store = new MemoryPresence();
  await using presence = await openPresence(store, { pingEveryMs: 10 });
  const session = connectHttp2(`http://${presence.address}`, { settings: { initialWindowSize: 0 } });
  const stream = session.request({
    ...{ ':method': 'POST', ':path': '/tenten.interview.Gateway/Connect', 'user-id': 'ann' },
    ...{ 'content-type': 'application/grpc', te: 'trailers' },
  });
  stream.on('error', () => {});
  const pong = Buffer.from([0, 0, 0, 0, 2, 8, 1]);
  for (let round = 0; round < 20; round += 1) {
    stream.write(pong);
    const { pings } = presence.told;
    await presence.told.until(() => presence.told.pings > pings);
  }
  expect(presence.gateway.connections).toBe(1);
  session.destroy();
  await using other = new GrpcUser(presence.address, { 'user-id': 'bob' });
  await presence.told.until(() => other.pings > 2);
  expect(presence.gateway.connections).toBe(1);
});
