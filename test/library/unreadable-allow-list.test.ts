import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { expect, test } from 'vitest';
import { createKeyFolder } from '../support/key-folder.ts';
import { openClient, openServer } from '../support/library.ts';
import { createSteps, stepwise } from '../support/stepwise.ts';

type Break = (path: string) => void;

const breaks: [string, Break][] = [
  ['others can read it', (path) => chmodSync(path, 0o644)],
  ['it is incomplete', (path) => truncateSync(path, readFileSync(path).length >> 1)],
  ['it is empty', (path) => truncateSync(path)],
  ['it is other JSON', (path) => writeFileSync(path, '{"clients":[]}')],
  ['it is missing for a moment', (path) => rmSync(path)],
  [
    'it is a folder',
    (path) => {
      rmSync(path);
      mkdirSync(path, { mode: 0o700 });
    },
  ],
  [
    'it is a link to itself',
    (path) => {
      rmSync(path);
      symlinkSync(path, path);
    },
  ],
];

test.each(breaks)(
  'if %s, the previous allow-list stays in force: nobody is disconnected, and no job is lost',
  async (_, harm) => {
    using keys = createKeyFolder('w1', 'w2', 'w3');
    const path = keys.store.allowListPath;
    const steps = createSteps();
    await using server = await openServer({ keys: keys.folder, commands: [stepwise] });
    await using one = await openClient(server, { credentials: keys.of('w1'), commands: [steps.implementation] });
    await server.waitForClients(1);
    const group = await server.submit('w1', stepwise, { label: 'a' });
    const work = await steps.begins();
    copyFileSync(path, `${path}.backup`);
    harm(path);
    await server.told.first(({ type }) => type === 'allow-list');
    await using _two = await openClient(server, { credentials: keys.of('w2') });
    work.end();
    expect(await group.outcomes).toMatchObject([{ outcome: 'completed' }]);
    expect(one.told.of('disconnected')).toEqual([]);

    rmSync(path, { recursive: true, force: true });
    renameSync(`${path}.backup`, path);
    keys.store.revoke('w1');
    await one.told.first((event) => event.type === 'disconnected' && event.error.code === 'not_allowed');
    const said = server.told.of('allow-list').map(({ error }) => error?.code);
    expect(said).toEqual(['not_allowed', undefined]);
  },
);
