import { expect, test } from 'vitest';
import { calculate, type Interceptor } from '../../src/index.ts';
import { openScene } from '../support/in-process-shell.ts';
import { refusal } from '../support/refusal.ts';

const long = { seconds: 600, message: 'x' };
const clientsOf = ({ jobs }: { jobs: readonly { client: string | null }[] }) => jobs.map(({ client }) => client);

test('each submission goes to the least busy clients, even while their jobs wait', async () => {
  await using scene = await openScene({ clients: ['w1', 'w2', 'w3'] });
  const { server } = scene;
  const submit = async (pick: number) => clientsOf(await server.submit('w*', calculate, long, { pick }));
  expect(await Promise.all([submit(1), submit(1), submit(1), submit(2), submit(1)])).toEqual([
    ['w1'],
    ['w2'],
    ['w3'],
    ['w1', 'w2'],
    ['w3'],
  ]);
  await expect(submit(4)).rejects.toThrow(refusal('no_such_target'));
  await expect(submit(0)).rejects.toThrow(refusal('bad_arguments'));
  await expect(submit(1.5)).rejects.toThrow(refusal('bad_arguments'));
});

test('the same key gives the same clients, however busy they are by then; another number is refused', async () => {
  await using scene = await openScene({ clients: ['w1', 'w2'] });
  const submit = (pick?: number) =>
    scene.server.submit('w*', calculate, long, { key: 'k', ...(pick !== undefined && { pick }) });
  const first = await submit(1);
  await scene.server.submit('w1', calculate, long);
  expect((await submit(1)).id).toBe(first.id);
  await expect(submit(2)).rejects.toThrow(refusal('bad_usage'));
  await expect(submit()).rejects.toThrow(refusal('bad_usage'));
});

test('clients are chosen from those that interceptors have left', async () => {
  const hidesFirst: Interceptor = (call, next) =>
    next(call.method === 'submit' ? { ...call, clients: call.clients.filter((client) => client !== 'w1') } : call);
  await using scene = await openScene({ clients: ['w1', 'w2', 'w3'], interceptors: [hidesFirst] });
  const submit = async (pick: number) => clientsOf(await scene.server.submit('all', calculate, long, { pick }));
  expect(await submit(1)).toEqual(['w2']);
  expect(await submit(2)).toEqual(['w3', 'w2']);
  await expect(submit(3)).rejects.toThrow(refusal('no_such_target'));
});

test('--pick on a command line chooses the same way, and too few clients end it with exit code 3', async () => {
  await using scene = await openScene({ clients: ['w1', 'w2'] });
  await scene.run(
    'calculate 600 x --pick 1',
    'calculate 600 x --pick 1',
    '@w1 calculate 600 x',
    'calculate 600 x --pick 2 --dry-run',
  );
  const sent = (await scene.server.list()).map(({ number, client }) => `${number} ${client}`);
  expect(sent.sort()).toEqual(['1 w1', '2 w2', '3 w1']);
  expect(scene.said('dry-run')).toMatchObject([{ pick: 2, clients: ['w1', 'w2'] }]);
  await scene.run('@w1 calculate 600 x --pick 2');
  expect(scene.said('error')).toMatchObject([{ code: 'no_such_target' }]);
  expect(scene.shell.tally.exitCode).toBe(3);
});
