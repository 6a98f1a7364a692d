import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freeEndpoint } from '../../support/free-port.ts';
import { startClient } from '../../support/library.ts';
import { newFolder } from '../../support/new-folder.ts';
import { ChildProgram } from '../../support/program.ts';
import { createSteps } from '../../support/stepwise.ts';

const count = 12;
const names = Array.from({ length: count }, (_, index) => `w${String(index + 1).padStart(2, '0')}`);

/** Clients and their jobs, in the order of their start. */
async function openClients(endpoint: string) {
  await using opening = new AsyncDisposableStack();
  const steps = createSteps();
  const commands = [steps.implementation];
  for (const name of names) opening.use(await startClient({ endpoint }, { name, commands }));
  const stack = opening.move();
  return Object.assign(steps, { [Symbol.asyncDispose]: () => stack.disposeAsync() });
}

const start = (path: string, endpoint: string) =>
  new ChildProgram(process.execPath, ['test/e2e/store/batch-server.ts', path, endpoint, String(count)]);

async function kill(server: ChildProgram): Promise<void> {
  server.child.kill('SIGKILL');
  await server.exitCode();
}

test('a server that was killed during a batch continues it: each client gets it once, and earlier failures count', async () => {
  const path = join(newFolder(), 'store.db');
  const endpoint = await freeEndpoint();
  await using clients = await openClients(endpoint);
  const fail = async (nth: number) => (await clients.begins(nth)).fail(new Error('no'));
  const end = async (nth: number) => (await clients.begins(nth)).end();
  await using first = start(path, endpoint);
  await end(1);
  await fail(2);
  await clients.begins(4);
  // Two are running; the next server gets what one of them reports meanwhile.
  await kill(first);
  await fail(4);
  await using second = start(path, endpoint);
  await clients.begins(5);
  await kill(second);
  await using third = start(path, endpoint);
  await end(3);
  await end(5);
  await fail(7);
  await third.line(/not_sent/);
  await end(6);
  await third.exitCode();
  expect(third.out.map((line) => line.split(' ')[1]).toSorted()).toEqual([
    ...Array(3).fill('command_failed'),
    ...Array(4).fill('completed'),
    ...Array(5).fill('not_sent'),
  ]);
  expect(new Set(clients.begun.map(({ job }) => job.client)).size).toBe(7);
  expect(clients.begun).toHaveLength(7);
});

test('after repeated kills it has sent the command to each client once, and ends with all of them', async () => {
  const path = join(newFolder(), 'store.db');
  const endpoint = await freeEndpoint();
  await using clients = await openClients(endpoint);
  const ending = (async () => {
    for (let nth = 1; nth <= count; nth += 1) (await clients.begins(nth)).end();
  })();
  for (const nth of [1, 4, 7, 10]) {
    await using server = start(path, endpoint);
    await clients.begins(nth);
    await kill(server);
  }
  await using last = start(path, endpoint);
  await ending;
  await last.exitCode();
  expect(last.out.toSorted()).toEqual(names.map((name) => `${name} completed`));
  expect(clients.begun.map(({ job }) => job.client).toSorted()).toEqual(names);
});
