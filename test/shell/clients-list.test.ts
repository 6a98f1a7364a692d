import { expect, test } from 'vitest';
import type { ClientView } from '../../src/index.ts';
import { sorterOf } from '../../src/shell/builtins/sort-clients.ts';
import { openScene } from '../support/in-process-shell.ts';

test('clients lists the clients of a target, and refuses a target that matches none', async () => {
  await using scene = await openScene({ clients: ['w1', 'w2', 'db1'] });
  const listed = () => scene.said('client').flatMap(({ client, host }) => (host === undefined ? [] : [client]));
  await scene.run('clients w*,!w2', 'clients @os=*+db1');
  expect(listed()).toEqual(['w1', 'db1']);
  await scene.run('clients w9');
  expect(scene.said('error')).toMatchObject([{ code: 'no_such_target' }]);
});

test.each([
  ['clients w1 w2', "unexpected argument 'w2'"],
  ['clients w[1', 'has a [ without its ]'],
  ['clients | wc', 'there is no shell'],
  ['clients --sort size', "--sort takes name, state, heard, round-trip, lag, jobs, version, not 'size'"],
])('%s is refused', async (line, message) => {
  await using scene = await openScene();
  await scene.run(line);
  expect(scene.said('error')).toMatchObject([{ code: 'bad_usage', message: expect.stringContaining(message) }]);
});

test('clients are sorted by each column, equal ones by name, missing values last', () => {
  const view = (name: string, fields: Partial<ClientView>) => ({ name, state: 'ready', ...fields }) as ClientView;
  const clients = [
    view('w10', { runningJobs: 2, roundTripMs: 3, version: '1.10.0' }),
    view('w2', { runningJobs: 0, roundTripMs: undefined, version: '1.9.0' }),
    view('w1', { runningJobs: 2, roundTripMs: 1, version: '1.9.0', state: 'offline' }),
  ];
  const sorted = (column: string) => sorterOf(column)?.(clients).map(({ name }) => name);
  expect(['name', '-name', 'jobs', '-jobs', 'round-trip', '-round-trip', 'version', 'state'].map(sorted)).toEqual([
    ['w1', 'w2', 'w10'],
    ['w10', 'w2', 'w1'],
    ['w2', 'w1', 'w10'],
    ['w1', 'w10', 'w2'],
    ['w1', 'w10', 'w2'],
    ['w10', 'w1', 'w2'],
    ['w1', 'w2', 'w10'],
    ['w1', 'w2', 'w10'],
  ]);
  expect([sorterOf('size'), sorterOf('--jobs'), sorterOf('constructor')]).toEqual([undefined, undefined, undefined]);
});
