// Tests a command with a server and a client in one process, on a free port.
//   npx node --test examples/checksum/checksum.test.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient, createServer } from '../../src/index.ts';
import { checksum } from './contract.ts';
import { checksumCommand } from './implementation.ts';

async function scene() {
  await using cleanup = new AsyncDisposableStack();
  const server = cleanup.use(await createServer({ bind: 'tcp://127.0.0.1:*', commands: [checksum] }));
  cleanup.use(await createClient({ connect: server.endpoint, name: 'w1', commands: [checksumCommand], ready: true }));
  await server.waitForClients(1);
  const ends = cleanup.move();
  const submit = async (args: { path: string; expect?: string }) => {
    const [job] = (await server.submit('w1', checksum, args)).jobs;
    if (!job) throw new Error('one target makes one job');
    return job;
  };
  return { submit, [Symbol.asyncDispose]: () => ends.disposeAsync() };
}

test('an empty file has the checksum of nothing', async () => {
  await using here = await scene();
  const ended = await (await here.submit({ path: '/dev/null' })).outcome;
  assert.equal(ended.outcome, 'completed');
  assert.deepEqual(ended.result, {
    sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    bytes: 0,
  });
});

test('another file than was expected is a failure, with the facts', async () => {
  await using here = await scene();
  const ended = await (await here.submit({ path: '/dev/null', expect: '0'.repeat(64) })).outcome;
  assert.equal(ended.outcome, 'failed');
  assert.equal(ended.result?.bytes, 0);
});

test('a file that is not there is a failure', async () => {
  await using here = await scene();
  const ended = await (await here.submit({ path: '/nowhere' })).outcome;
  assert.equal(ended.outcome, 'failed');
  assert.match(ended.error.message, /ENOENT/);
});

test('it is cancelled in the middle of a file without end', async () => {
  await using here = await scene();
  const job = await here.submit({ path: '/dev/zero' });
  for await (const event of job.events) if (event.type === 'job.progress') await job.cancel();
  assert.equal((await job.outcome).outcome, 'cancelled');
});
