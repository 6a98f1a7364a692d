import { once } from 'node:events';
import { connect } from 'node:http2';
import { expect, test } from 'vitest';
import { Status } from '../../../schemas/api/tenten/interview/service_pb.js';
import { UserSecret } from '../../../src/plugins/presence/model/user-secret.ts';
import { MemoryPresence } from '../../../src/plugins/presence/store/memory-presence.ts';
import { fetchOnlineUsers, GrpcUser } from './grpc-user.ts';
import { openPresence } from './open-presence.ts';

test('a user that answers is counted once for all of its connections, and only with EVEN or ODD', async () => {
  await using store = new MemoryPresence();
  await using presence = await openPresence(store);
  const { address, told } = presence;
  await using _even = new GrpcUser(address, { 'user-id': 'ann' });
  await using _again = new GrpcUser(address, { 'user-id': 'ann' });
  await using _odd = new GrpcUser(address, { 'user-id': 'bob' }, () => Status.ODD);
  await using unknown = new GrpcUser(address, { 'user-id': 'cat' }, () => Status.UNKNOWN);
  await using silent = new GrpcUser(address, { 'user-id': 'dan' }, () => undefined);
  await told.until(() => unknown.pings > 2 && silent.pings > 2 && told.batches.includes(2));
  expect([presence.gateway.connections, presence.gateway.users]).toEqual([5, 4]);
  expect(await fetchOnlineUsers(address)).toBe(2);
});

test('a user that has left is still counted for three minutes, and then no longer', async () => {
  let aheadMs = 0;
  const now = () => performance.now() + aheadMs;
  await using store = new MemoryPresence(now);
  await using presence = await openPresence(store, { now });
  await using user = new GrpcUser(presence.address, { 'user-id': 'ann' });
  await presence.told.until(() => presence.told.batches.length > 0);
  expect(await user.leave()).toBe('OK');
  expect(presence.gateway.users).toBe(0);
  expect(await store.count()).toBe(1);
  aheadMs += 179_000;
  expect(await store.count()).toBe(1);
  aheadMs += 1_500;
  expect(await store.count()).toBe(0);
});

test('a user that leaves five pings unanswered is dropped; an answer resets the count', async () => {
  await using store = new MemoryPresence();
  await using presence = await openPresence(store);
  await using lazy = new GrpcUser(presence.address, { 'user-id': 'lazy' }, ({ pings }) =>
    pings % 4 === 0 ? Status.EVEN : undefined,
  );
  await using silent = new GrpcUser(presence.address, { 'user-id': 'silent' }, () => undefined);
  expect(await silent.ended).toEqual({ code: 'DEADLINE_EXCEEDED', details: '5 pings were not answered' });
  expect(silent.pings).toBe(5);
  await presence.told.until(() => lazy.pings > 12);
  expect(presence.told.drops).toEqual(['unanswered']);
  expect(presence.gateway.connections).toBe(1);
});

test('a user that is disconnected is dropped at once', async () => {
  await using store = new MemoryPresence();
  await using presence = await openPresence(store);
  const user = new GrpcUser(presence.address, { 'user-id': 'ann' });
  await presence.told.until(() => presence.told.pongs > 0);
  await user[Symbol.asyncDispose]();
  await using other = new GrpcUser(presence.address, { 'user-id': 'bob' });
  await presence.told.until(() => other.pings > 2);
  expect(presence.gateway.connections).toBe(1);
});

test.each([
  ['none', {}],
  ['an empty one', { 'user-id': '' }],
  ['one of 129 characters', { 'user-id': 'x'.repeat(129) }],
])('a user-id that is %s is refused', async (_, metadata) => {
  await using store = new MemoryPresence();
  await using presence = await openPresence(store);
  await using user = new GrpcUser(presence.address, metadata);
  expect(await user.ended).toMatchObject({
    code: 'INVALID_ARGUMENT',
    details: expect.stringMatching(/user-id must be 1 to 128/),
  });
  expect(presence.told.refusals).toEqual(['bad_user_id']);
});

test('a user-id may have any printable characters, up to 128', async () => {
  await using store = new MemoryPresence();
  await using presence = await openPresence(store);
  const printable = Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at)).join('');
  await using _one = new GrpcUser(presence.address, { 'user-id': printable });
  await using _other = new GrpcUser(presence.address, { 'user-id': `__proto__ ${'x'.repeat(118)}` });
  await presence.told.until(() => presence.told.batches.includes(2));
  expect(await store.count()).toBe(2);
});

test('with a secret, only a token that was made with it admits a user', async () => {
  const secret = new UserSecret(Buffer.from('a secret of these tests'));
  await using store = new MemoryPresence();
  await using presence = await openPresence(store, { secret });
  const token = secret.tokenOf('ann');
  // printf ann | openssl dgst -sha256 -hmac 'a secret of these tests'
  expect(token).toBe('11aaebe56217ce1b3500849da0e4749aa5e072bb0e1bff8c9524cc632d6e87a7');
  for (const wrong of [{}, { 'user-token': token.toUpperCase() }, { 'user-token': secret.tokenOf('bob') }]) {
    await using refused = new GrpcUser(presence.address, { 'user-id': 'ann', ...wrong });
    expect((await refused.ended).code).toBe('UNAUTHENTICATED');
  }
  expect(presence.told.refusals).toEqual(['bad_token', 'bad_token', 'bad_token']);
  await using _user = new GrpcUser(presence.address, { 'user-id': 'ann', 'user-token': token });
  await presence.told.until(() => presence.told.batches.length > 0);
  expect(await store.count()).toBe(1);
});

test('a user that floods the gateway with pongs is dropped', async () => {
  await using store = new MemoryPresence();
  await using presence = await openPresence(store, { pingEveryMs: 1_000 });
  await using user = new GrpcUser(presence.address, { 'user-id': 'ann' }, () => undefined);
  for (let sent = 0; sent < 1_000; sent += 1) user.pong(Status.EVEN);
  expect(await user.ended).toEqual({ code: 'RESOURCE_EXHAUSTED', details: 'more than 10 pongs for one ping' });
  expect(presence.told.drops).toEqual(['flooding']);
});

function openConnection(address: string) {
  const session = connect(`http://${address}`);
  return {
    session,
    [Symbol.asyncDispose]: () => new Promise<void>((done) => session.close(done)),
  };
}

test('a message that is too large, or invalid, ends only its stream', async () => {
  await using store = new MemoryPresence();
  await using presence = await openPresence(store);
  await using other = new GrpcUser(presence.address, { 'user-id': 'bob' });
  await using connection = openConnection(presence.address);
  const { session } = connection;
  const send = async (bytes: Buffer) => {
    const stream = session.request({
      ...{ ':method': 'POST', ':path': '/tenten.interview.Gateway/Connect', ':authority': 'a:b:c' },
      ...{ 'content-type': 'application/grpc', te: 'trailers', 'user-id': 'ann' },
    });
    stream.write(bytes);
    stream.resume();
    const [trailers] = await once(stream, 'trailers');
    return trailers['grpc-status'];
  };
  const tooLarge = Buffer.alloc(2_005);
  tooLarge.writeUInt32BE(2_000, 1);
  expect(await send(tooLarge)).toBe('8');
  expect(await send(Buffer.from([0, 0, 0, 0, 2, 0xff, 0xff]))).toBe('3');
  expect(await send(Buffer.from([1, 0, 0, 0, 0]))).toBe('12');
  expect(presence.told.drops).toEqual(['bad_message', 'bad_message', 'bad_message']);
  const { pings } = other;
  await presence.told.until(() => other.pings > pings);
});

test('users beyond the bound are refused', async () => {
  await using store = new MemoryPresence();
  await using presence = await openPresence(store, { limits: { maxUserStreams: 2 } });
  await using _one = new GrpcUser(presence.address, { 'user-id': 'ann' });
  await using _two = new GrpcUser(presence.address, { 'user-id': 'ann' });
  await presence.told.until(() => presence.gateway.connections === 2);
  await using three = new GrpcUser(presence.address, { 'user-id': 'bob' });
  expect((await three.ended).code).toBe('RESOURCE_EXHAUSTED');
});

test('at its end a gateway asks users to reconnect, and stores the last pongs', async () => {
  await using store = new MemoryPresence();
  const presence = await openPresence(store, { storeEveryMs: 3_600_000 });
  await using user = new GrpcUser(presence.address, { 'user-id': 'ann' });
  await presence.told.until(() => presence.told.pongs > 0);
  await presence[Symbol.asyncDispose]();
  expect(await user.ended).toEqual({ code: 'UNAVAILABLE', details: 'this service is ending; connect again' });
  expect(await store.count()).toBe(1);
});

test('unknown paths, methods and headers break nothing', async () => {
  await using store = new MemoryPresence();
  await using presence = await openPresence(store);
  await using connection = openConnection(presence.address);
  const { session } = connection;
  const ask = async (headers: Record<string, string>) => {
    const stream = session.request({ ':authority': '%', 'content-type': 'application/grpc', ...headers });
    stream.end();
    stream.resume();
    const [{ ':status': status }] = await once(stream, 'response');
    return status;
  };
  expect(await ask({ ':method': 'POST', ':path': '//[' })).toBe(404);
  expect(await ask({ ':method': 'GET', ':path': '/tenten.interview.StatusReader/FetchOnlineUsersInLast3Mins' })).toBe(
    405,
  );
  expect(await fetchOnlineUsers(presence.address)).toBe(0);
});
