import { expect } from 'vitest';
import plugin, { container, containers } from '../../src/plugins/container/plugin.ts';
import { openClient } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';
import { engineTest } from './support/engine-test.ts';
import { newName } from './support/names.ts';
import { openContainerPair } from './support/pair.ts';
import { tinyImage } from './support/tiny-image.ts';

const allow = ['container', 'containers'];

engineTest('two clients of one engine carry out the same command at the same time', async () => {
  await using pair = await openContainerPair();
  const name = newName();
  const plugins = [{ plugin, options: {} }];
  await using other = await openClient(pair.server, { name, plugins, allow, stateFolder: newFolder() });
  await pair.server.waitForClients(2);
  const names = [pair.name, other.name];
  const group = await pair.server.submit(names, container, { image: tinyImage, argv: ['true'], network: 'none' });
  const outcomes = await group.outcomes;
  expect(outcomes).toMatchObject([{ outcome: 'completed' }, { outcome: 'completed' }]);
  expect(outcomes.map(({ result }) => result?.containerName).sort()).toEqual(
    names.map((client) => `signalbox-${client}-${group.id}`).sort(),
  );
});

engineTest('containers does not list those of a client with the same name at another server', async () => {
  const name = newName();
  await using pair = await openContainerPair({ name, client: { allow } });
  await using namesake = await openContainerPair({ name, client: { allow } });
  const argv = ['sh', '-c', 'echo up; sleep 600'];
  const groups = [];
  for (const one of [pair, namesake]) {
    groups.push(await one.submit({ image: tinyImage, argv, network: 'none' }));
    await one.server.told.first(({ type }) => type === 'job.output');
  }
  const [listed] = await (await pair.server.submit(name, containers, {})).outcomes;
  expect(listed?.result).toMatchObject({ containers: [{ job: groups[0]?.id }], count: 1 });
  for (const group of groups) await group.cancel();
  for (const group of groups) await group.outcomes;
});
