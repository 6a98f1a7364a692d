// A job continues when its client is killed, and the next client reports how it ended.
//   npx node --test examples/countdown/countdown.test.ts
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createServer, type Server } from '../../src/index.ts';
import { countdown } from './command.ts';

/** A job that counts on w1, whose process is killed in the middle of it. */
async function scene() {
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'countdown-'));
  cleanup.defer(() => rm(folder, { recursive: true }));
  const server = cleanup.use(await createServer({ bind: 'tcp://127.0.0.1:*', commands: [countdown] }));
  const former = startClient(server, folder);
  cleanup.defer(() => void former.kill('SIGKILL'));
  await server.waitForClients(1);
  const [job] = (await server.submit('w1', countdown, { from: 3 })).jobs;
  if (!job) throw new Error('one target makes one job');
  for await (const { type } of job.events) if (type === 'job.progress') break;
  await end(former, 'SIGKILL');
  const next = startClient(server, folder);
  cleanup.defer(() => end(next, 'SIGTERM'));
  const ends = cleanup.move();
  return { server, job, [Symbol.asyncDispose]: () => ends.disposeAsync() };
}

function startClient({ endpoint }: Server, folder: string): ChildProcess {
  const program = join(import.meta.dirname, 'client.ts');
  return spawn(process.execPath, [program, 'w1', endpoint, folder], { stdio: 'inherit' });
}

async function end(client: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  client.kill(signal);
  await once(client, 'exit');
}

test('a job goes on under its id when its client is killed and started again', async () => {
  await using here = await scene();
  const ended = await here.job.outcome;
  assert.equal(ended.outcome, 'completed');
  assert.deepEqual(ended.result, { lines: 3 });
  const output = await here.server.output(here.job);
  assert.equal(Buffer.concat(output.map(({ data }) => data)).toString(), '3\n2\n1\n');
});

test('a job that the next client has taken up can be cancelled', async () => {
  await using here = await scene();
  await here.job.cancel();
  assert.equal((await here.job.outcome).outcome, 'cancelled');
});
