import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineCommand, implement } from '../../src/index.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { openClient, openServer } from '../support/library.ts';
import { ScriptedStore } from '../support/scripted-store.ts';

const upload = defineCommand({
  name: 'upload',
  summary: 'Send a file somewhere.',
  args: z.strictObject({ to: z.string(), token: z.string(), tags: z.array(z.string()).optional() }),
  result: z.strictObject({ bytes: z.int() }),
  example: 'upload there t',
  describe: ({ bytes }) => `${bytes} bytes`,
  auditArgs: ({ token: _, ...args }) => args,
});
const uploading = implement(upload, ({ to }) => {
  if (to === 'nowhere') throw new Error('there is no such place');
  return { bytes: to.length };
});

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** Two jobs, one of which failed, and what their server reports about them. */
async function carryOut(options: Parameters<typeof openServer>[0] = {}) {
  await using server = await openServer({ ...options, commands: [upload] });
  await using client = await openClient(server, { name: 'w1', commands: [uploading] });
  await server.waitForClients(1);
  const sending = { key: 'k', timeoutMs: 5_000, expiresInMs: 600_000, traceparent };
  const one = await server.as('ada').submit('w1', upload, { to: 'there', token: 'secret', tags: ['a'] }, sending);
  const two = await server.submit('w1', upload, { to: 'nowhere', token: 'secret' });
  await Promise.all([one.outcomes, two.outcomes]);
  const keys = [one, two].map(({ id }) => ({ id, client: 'w1' }));
  const details = await Promise.all(keys.map((key) => server.get(key)));
  return { details, keys, history: (await server.history()).jobs, bootId: client.bootId };
}

test.each(['no store', 'a store'])(
  'with %s everything about a job is shown, except what the audit redacts',
  async (kind) => {
    const startMs = Date.now();
    const { details, bootId } = await carryOut(kind === 'a store' ? { store: new ScriptedStore() } : {});
    const [one, two] = details;
    expect(one).toMatchObject({
      ...{ number: 1, client: 'w1', command: 'upload', kind: 'data', actor: 'ada', state: 'settled', bootId, key: 'k' },
      ...{ args: { to: 'there', tags: ['a'] }, redacted: ['token'], timeoutMs: 5_000, traceparent },
      ...{ outcome: 'completed', result: { bytes: 5 }, text: '5 bytes' },
    });
    expect(JSON.stringify(details)).not.toContain('secret');
    const times = [startMs, one?.submittedAtMs, one?.settledAtMs, one?.expiresAtMs].map(Number);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(two).toMatchObject({ number: 2, actor: 'owner', redacted: ['token'], outcome: 'failed' });
    expect(two?.error?.message).toContain('there is no such place');
    expect(Object.keys(two ?? {})).not.toContain('result');
  },
);

test('the next server shows the same about a job as the server that ran it', async () => {
  const store = new ScriptedStore(createMemoryStore());
  const { details, keys, history } = await carryOut({ store });
  await using next = await openServer({ store: new ScriptedStore(store.inner), commands: [upload] });
  const sameTime = (job: (typeof details)[number] | undefined) => ({ ...job, expiresAtMs: undefined });
  const again = await Promise.all(keys.map((key) => next.get(key)));
  expect(again.map(sameTime)).toEqual(details.map(sameTime));
  expect((await next.history()).jobs).toEqual(history);
});

test('an argument that the audit leaves unchanged is not redacted', async () => {
  const plain = defineCommand({
    ...upload,
    name: 'plain',
    example: 'plain a b',
    auditArgs: (args) => structuredClone(args),
  });
  await using server = await openServer({ commands: [plain] });
  await using _client = await openClient(server, { name: 'w1', commands: [implement(plain, () => ({ bytes: 1 }))] });
  await server.waitForClients(1);
  const { id, outcomes } = await server.submit('w1', plain, { to: 'a', token: 'b', tags: ['c'] });
  await outcomes;
  expect(await server.get({ id, client: 'w1' })).not.toHaveProperty('redacted');
});
