import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { engine } from './support/engine.ts';
import { engineTest } from './support/engine-test.ts';
import { newName } from './support/names.ts';
import { openContainerPair } from './support/pair.ts';
import { baseImage } from './support/tiny-image.ts';

const node = (script: string) => ({ image: baseImage, argv: ['node', '-e', script] });
const service = `require('http').createServer((_, answer) => answer.end('served')).listen(80, () => console.log('listens'))`;

engineTest(
  'in a network of one’s own containers find each other by name, and a port is published on loopback',
  async () => {
    const network = newName();
    await engine.docker('network', 'create', network);
    onTestFinished(async () => void (await engine.docker('network', 'rm', network)));
    await using pair = await openContainerPair();
    const [name, port] = [newName(), await freePort()];
    const serving = await pair.submit({ ...node(service), name, network, publish: [`${port}:80`], service: true });
    await pair.server.told.first(({ type }) => type === 'job.output');

    expect(await engine.docker('port', name, '80/tcp')).toBe(`127.0.0.1:${port}`);
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('served');
    const ask = `fetch('http://${name}').then((answer) => answer.text()).then((text) => process.exit(text === 'served' ? 0 : 1))`;
    expect((await pair.run({ ...node(ask), network })).outcome).toMatchObject({ outcome: 'completed' });

    const other = newName();
    const taken = await pair.run({ ...node('0'), name: other, publish: [`${port}:80`] });
    expect(taken.outcome).toMatchObject({ error: { message: expect.stringContaining(`127.0.0.1:${port} is in use`) } });
    await pair.server.cancel(serving.jobs);
    await serving.outcomes;
  },
);

engineTest('a container reaches nothing of the host by loopback', async () => {
  const listener = createServer((socket) => socket.end('host')).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(() => void listener.close());
  const address = listener.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await using pair = await openContainerPair();
  const script = `require('net').connect(${port}, '127.0.0.1').on('connect', () => process.exit(1)).on('error', () => process.exit(0))`;
  expect((await pair.run(node(script))).outcome).toMatchObject({ outcome: 'completed' });
});
