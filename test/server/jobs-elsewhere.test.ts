import { expect, test } from 'vitest';
import { hello } from '../support/hello.ts';
import { openScene } from '../support/in-process-shell.ts';
import { rawClient } from '../support/raw-client.ts';

test('jobs that clients hold for other stores are in their initial states and views, and below the client list', async () => {
  await using scene = await openScene({ clients: [], output: 'text' });
  const { server } = scene;
  const told: [client: string, elsewhere: number | undefined][] = [];
  const reader = server.watch();
  const reading = (async () => {
    for await (const event of reader) if (event.type === 'client.state') told.push([event.client, event.elsewhere]);
  })();
  await using _one = await rawClient(server.endpoint, hello({ name: 'w1', bootId: 'aaaaaaaa1' }), 3);
  await using _two = await rawClient(server.endpoint, hello({ name: 'w2', bootId: 'aaaaaaaa2' }), 4);
  await using _none = await rawClient(server.endpoint, hello({ name: 'w3', bootId: 'aaaaaaaa3' }));
  await server.waitForClients(3);
  expect((await server.clients()).map(({ elsewhere }) => elsewhere)).toEqual([3, 4, 0]);
  await scene.run('clients');
  expect(scene.out.lines.at(-1)).toBe('w[1-2] hold 7 jobs of other stores; --adopt adopts them');
  await server.close();
  await reading;
  expect(told.filter(([, elsewhere]) => elsewhere !== undefined)).toEqual([
    ['w1', 3],
    ['w2', 4],
  ]);
});
