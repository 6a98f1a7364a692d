import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { fillDisk } from '../support/small-disk.ts';
import { engine } from './support/engine.ts';
import { openEngineLink } from './support/engine-link.ts';
import { engineTest, ownEngineTest } from './support/engine-test.ts';
import { buildImage } from './support/images.ts';
import { newName } from './support/names.ts';
import { OwnEngine } from './support/own-engine.ts';
import { openContainerPair } from './support/pair.ts';
import { tinyImage } from './support/tiny-image.ts';
import { Witness } from './support/witness.ts';

const none = { containers: [], volumes: [], networks: [] };
const tiny = { image: tinyImage, network: 'none' };

engineTest.for([
  [['nonsense', 'x'], 'the image has no program nonsense'],
  [['/no/such/file'], 'the image has no program /no/such/file'],
  [['/etc/passwd'], '/etc/passwd cannot be run in the image'],
  [['/etc'], '/etc cannot be run in the image'],
])('a bad command gets a sentence and leaves nothing: %s', async ([argv, message]) => {
  await using pair = await openContainerPair();
  await using witness = await Witness.start(engine, `signalbox.client=${pair.name}`);
  const { outcome } = await pair.run({ ...tiny, argv: argv as string[] });
  expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'command_failed', message } });
  expect(witness.containers.size).toBe(1);
  expect(await witness.remains()).toEqual(none);
});

engineTest('a user that the image does not have fails with a sentence', async () => {
  await using pair = await openContainerPair();
  const { outcome } = await pair.run({ ...tiny, user: 'nobody-here', argv: ['true'] });
  expect(outcome).toMatchObject({ outcome: 'failed', error: { message: 'the image has no user nobody-here' } });
});

engineTest('an image without a command fails with a sentence', async () => {
  await using pair = await openContainerPair();
  await using image = await buildImage(engine, ['CMD []']);
  const { outcome } = await pair.run({ ...tiny, image: image.name });
  expect(outcome).toMatchObject({
    outcome: 'failed',
    error: { message: 'the image has no default command: name a program after it' },
  });
});

engineTest('a name that another container has fails with a sentence', async () => {
  await using pair = await openContainerPair();
  const name = newName();
  const id = await engine.docker('create', '--name', name, tinyImage, 'true');
  const { outcome } = await pair.run({ ...tiny, name, argv: ['true'] });
  expect(outcome).toMatchObject({
    outcome: 'failed',
    error: { message: `another container has the name ${name}: remove it, or choose another --name` },
  });
  expect(await engine.docker('inspect', '--format', '{{.State.Status}}', id)).toBe('created');
  await engine.docker('rm', id);
});

engineTest('a port is refused while a program or another container uses it, and free afterwards', async () => {
  await using pair = await openContainerPair();
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as { port: number };
  const wanted = { image: tinyImage, publish: [`${port}:80`] };
  const message = `127.0.0.1:${port} is in use: choose another port for --publish`;
  const { outcome } = await pair.run({ ...wanted, argv: ['true'] });
  expect(outcome).toMatchObject({ outcome: 'failed', error: { message } });
  holder.close();
  await once(holder, 'close');
  const other = await pair.submit({ ...wanted, argv: ['sh', '-c', 'echo there; sleep 1000'] });
  await pair.server.told.first((event) => event.type === 'job.output' && event.id === other.id);
  expect((await pair.run({ ...wanted, argv: ['true'] })).outcome).toMatchObject({ error: { message } });
  await pair.server.cancel([{ id: other.id, client: pair.name }]);
  await other.outcomes;
  expect((await pair.run({ ...wanted, argv: ['true'] })).outcome).toMatchObject({ outcome: 'completed' });
});

engineTest('a missing network fails with a sentence', async () => {
  await using pair = await openContainerPair();
  const { outcome } = await pair.run({ ...tiny, network: 'no-such-network', argv: ['true'] });
  const message = 'the engine has no network no-such-network: docker network create no-such-network';
  expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'command_failed', message } });
});

engineTest('a container runs out of memory, which a busy engine does not always report', async () => {
  await using pair = await openContainerPair();
  const { outcome } = await pair.run({ ...tiny, memory: 16 << 20, argv: ['tail', '/dev/zero'] });
  expect(outcome).toMatchObject({
    outcome: 'failed',
    error: { message: expect.stringMatching(/^(perhaps )?out of memory, ended by SIGKILL$/) },
    result: { exitCode: null, signal: 'SIGKILL', outOfMemory: expect.toBeOneOf([true, null]) },
  });
});

engineTest('a missing image that may not be pulled fails with a sentence', async () => {
  await using pair = await openContainerPair();
  const { outcome } = await pair.run({ ...tiny, image: 'signalbox-test/none:1', pull: 'never' });
  expect(outcome).toMatchObject({
    outcome: 'failed',
    error: { message: expect.stringMatching(/^the engine has no image signalbox-test\/none:1/) },
  });
});

ownEngineTest('a full disk of the engine fails with a sentence', async () => {
  await using own = await OwnEngine.start({ diskBytes: 60 << 20 });
  await using _link = await openEngineLink(own.socket);
  await using pair = await openContainerPair();
  fillDisk(join(own.folder, 'data/rest'));
  const { outcome } = await pair.run({ ...tiny, argv: ['true'] });
  expect(outcome).toMatchObject({
    outcome: 'failed',
    error: { code: 'command_failed', message: 'the disk of the engine is full: docker system df shows why' },
  });
  rmSync(join(own.folder, 'data/rest'));
  expect((await pair.run({ ...tiny, argv: ['true'] })).outcome).toMatchObject({ outcome: 'completed' });
  expect(await own.lines('ps', '--all', '--quiet')).toEqual([]);
});
