import { expect } from 'vitest';
import { engineTest } from './support/engine-test.ts';
import { openContainerPair } from './support/pair.ts';
import { Programs } from './support/programs.ts';
import { tinyImage } from './support/tiny-image.ts';

engineTest('a container runs as a job of a server and a client of the library', async () => {
  await using pair = await openContainerPair();
  const { outcome } = await pair.run({ image: tinyImage, argv: ['sh', '-c', 'exit 3'] });
  expect(outcome).toMatchObject({ outcome: 'failed', result: { exitCode: 3, image: tinyImage } });
});

engineTest('a container runs as a job of the programs', async () => {
  await using programs = new Programs();
  const server = programs.server();
  const client = programs.client();
  await server.untilClients(1);
  server.type(`container ${tinyImage} true`);
  const settled = await server.log.until('the outcome', ({ type }) => type === 'result');
  expect(settled).toMatchObject({
    client: client.name,
    outcome: 'completed',
    command: 'container',
    result: { exitCode: 0 },
  });
  expect((await server.finish()).exitCode).toBe(0);
});
