import { join } from 'node:path';
import { expect, test } from 'vitest';
import { container } from '../../../src/plugins/container/contracts/container.ts';
import plugin from '../../../src/plugins/container/plugin.ts';
import { openClient, openServer } from '../../support/library.ts';
import { newFolder } from '../../support/new-folder.ts';

const use = { plugins: [plugin], allow: ['container'], ready: true };

async function outcomeOf(server: Awaited<ReturnType<typeof openServer>>) {
  const [outcome] = await (await server.submit('w1', container, { image: 'debian:12' })).outcomes;
  return outcome;
}

test('a client whose name changes at each start runs no container, because it could not find it again', async () => {
  await using server = await openServer({ plugins: [plugin], bind: `ipc://${join(newFolder(), 's')}` });
  await using _ = await openClient(server, { ...use, named: false });
  expect(await outcomeOf(server)).toMatchObject({
    outcome: 'failed',
    error: { code: 'not_allowed', message: expect.stringContaining('start the client with --name or --credentials') },
  });
});

test('a second client of a name runs no container, and says which process holds its state', async () => {
  const stateFolder = newFolder();
  await using one = await openServer({ plugins: [plugin], bind: `ipc://${join(newFolder(), 's')}` });
  await using two = await openServer({ plugins: [plugin], bind: `ipc://${join(newFolder(), 's')}` });
  await using _ = await openClient(one, { ...use, stateFolder });
  await using _second = await openClient(two, { ...use, stateFolder });
  expect(await outcomeOf(two)).toMatchObject({
    outcome: 'failed',
    error: { code: 'name_taken', message: expect.stringContaining(`is in use by process ${process.pid} on `) },
  });
});
