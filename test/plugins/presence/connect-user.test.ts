import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { describe, expect, test } from 'vitest';
import { Gateway, PongSchema, Status } from '../../../schemas/api/tenten/interview/service_pb.js';
import { MemoryPresence } from '../../../src/plugins/presence/store/memory-presence.ts';
import { Answers } from './answers.ts';
import { openPresence } from './open-presence.ts';

/** The ways that Connect answers, because a call by plain gRPC does not need it. */
const ways: Readonly<Record<string, (baseUrl: string, sessionManager: Http2SessionManager) => Transport>> = {
  'the protocol of Connect': (baseUrl, sessionManager) =>
    createConnectTransport({ baseUrl, sessionManager, httpVersion: '2' }),
  'gRPC with a deadline': (baseUrl, sessionManager) =>
    createGrpcTransport({ baseUrl, sessionManager, defaultTimeoutMs: 60_000 }),
};

async function openUser(address: string, way: string) {
  const sessionManager = new Http2SessionManager(`http://${address}`);
  const transport = ways[way]?.(`http://${address}`, sessionManager);
  if (!transport) throw new Error(`no way ${way}`);
  return {
    client: createClient(Gateway, transport),
    async [Symbol.asyncDispose]() {
      sessionManager.abort();
    },
  };
}

const codeOf = async (stream: AsyncIterable<unknown>): Promise<Code | undefined> => {
  try {
    for await (const _ of stream);
    return undefined;
  } catch (error) {
    return ConnectError.from(error).code;
  }
};

describe.each(Object.keys(ways))('by %s', (way) => {
  test('a user is pinged, counted, and leaves', async () => {
    await using store = new MemoryPresence();
    await using presence = await openPresence(store);
    await using user = await openUser(presence.address, way);
    const answers = new Answers();
    let pings = 0;
    for await (const _ of user.client.connect(answers, { headers: { 'user-id': 'ann' } })) {
      pings += 1;
      answers.give(Status.ODD);
      if (presence.told.batches.length > 0) answers.end();
    }
    expect(pings).toBeGreaterThan(0);
    expect([await store.count(), presence.gateway.connections]).toEqual([1, 0]);
  });

  test('a refusal has the same status', async () => {
    await using store = new MemoryPresence();
    await using presence = await openPresence(store);
    await using user = await openUser(presence.address, way);
    const none = new Answers();
    none.end();
    expect(await codeOf(user.client.connect(none))).toBe(Code.InvalidArgument);
  });
});

test('silence, a flood and the end of the gateway have the same status for Connect as for plain gRPC', async () => {
  await using store = new MemoryPresence();
  const presence = await openPresence(store);
  await using user = await openUser(presence.address, 'gRPC with a deadline');
  const silent = user.client.connect(new Answers(), { headers: { 'user-id': 'ann' } });
  expect(await codeOf(silent)).toBe(Code.DeadlineExceeded);
  const flood = new Answers();
  for (let sent = 0; sent < 100; sent += 1) flood.give(Status.EVEN);
  expect(await codeOf(user.client.connect(flood, { headers: { 'user-id': 'ann' } }))).toBe(Code.ResourceExhausted);
  const answers = new Answers();
  const stays = user.client.connect(answers, { headers: { 'user-id': 'ann' } })[Symbol.asyncIterator]();
  await stays.next();
  await presence[Symbol.asyncDispose]();
  expect(await codeOf({ [Symbol.asyncIterator]: () => stays })).toBe(Code.Unavailable);
});

test('a deadline ends a stream, and the user is gone', async () => {
  await using store = new MemoryPresence();
  await using presence = await openPresence(store);
  await using user = await openUser(presence.address, 'gRPC with a deadline');
  async function* answers() {
    for (;;) {
      await presence.told.until(() => presence.gateway.connections === 1);
      const { pings } = presence.told;
      await presence.told.until(() => presence.told.pings > pings);
      yield create(PongSchema, { status: Status.EVEN });
    }
  }
  const stream = user.client.connect(answers(), { headers: { 'user-id': 'ann' }, timeoutMs: 300 });
  expect(await codeOf(stream)).toBe(Code.DeadlineExceeded);
});
