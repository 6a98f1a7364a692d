import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freeEndpoint } from '../../support/free-port.ts';
import { newFolder } from '../../support/new-folder.ts';
import { Program } from '../../support/program.ts';

/** A client that has started a job of the store `first`, whose server was killed, and servers over any store. */
async function openScene({ job, clientFlags = [] }: { job: string; clientFlags?: readonly string[] }) {
  await using opened = new AsyncDisposableStack();
  const folder = newFolder();
  const endpoint = await freeEndpoint();
  const serve = (store: string, ...flags: string[]) =>
    new Program('server', '--bind', endpoint, '--store', `sqlite:${join(folder, `${store}.db`)}`, ...flags);
  const client = opened.use(new Program('client', '--connect', endpoint, '--name', 'w1', '--ready', ...clientFlags));
  await using first = serve('first', '--output', 'json');
  first.type(job);
  await first.line(/"type":"accepted"/);
  first.child.kill('SIGKILL');
  await first.exitCode();
  const end = opened.move();
  return { client, serve, [Symbol.asyncDispose]: () => end.disposeAsync() };
}

test('a server with another store says what its client holds, and adopts it with --adopt', async () => {
  await using scene = await openScene({ job: 'calculate 600 x' });
  const heldElsewhere = ({ json }: Program) => json.filter(({ pid }) => pid !== undefined).map((row) => row.elsewhere);
  await using second = scene.serve('second', '--output', 'json', '-c', 'clients');
  expect(await second.exitCode()).toBe(0);
  expect(heldElsewhere(second)).toEqual([1]);
  await using adopting = scene.serve('second', '--output', 'json', '--adopt', '-c', 'clients; jobs');
  expect(await adopting.exitCode()).toBe(0);
  expect(heldElsewhere(adopting)).toEqual([0]);
  expect(adopting.about('job', 'calculate')).toMatchObject([{ client: 'w1', adopted: true, state: 'accepted' }]);
});

test('an outcome of another store is forgotten after --forget-after: its own store reports the job as lost', async () => {
  await using scene = await openScene({ job: 'calculate 0.1 x', clientFlags: ['--forget-after', '1s'] });
  await using second = scene.serve('second');
  second.type('clients');
  await scene.client.line(/^w1 forgot 1 outcome of other stores that no server took$/);
  second.child.kill('SIGTERM');
  await second.exitCode();
  await using again = scene.serve('first', '--output', 'json');
  again.type('clients');
  expect(JSON.parse(await again.line(/"type":"result"/))).toMatchObject({ command: 'calculate', outcome: 'lost' });
});
