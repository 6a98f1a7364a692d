import { existsSync } from 'node:fs';
import { expect } from 'vitest';
import { isRunning } from '../support/is-running.ts';
import { LinkProxy } from '../support/proxy.ts';
import { engine } from './support/engine.ts';
import { engineTest, ownEngineTest, registryTest } from './support/engine-test.ts';
import { buildImage, buildLargeImage } from './support/images.ts';
import { OwnEngine } from './support/own-engine.ts';
import { Registry } from './support/registry.ts';
import { tinyImage } from './support/tiny-image.ts';
import { Witness } from './support/witness.ts';

const once = ['--rm', '--network', 'none'];
const none = { containers: [], volumes: [], networks: [] };

engineTest('the tiny image has a shell and its programs', async () => {
  const script = 'seq 3 | sort -r | tr "\\n" " "; id -un; setpriv --reuid=1000 --clear-groups id -u';
  expect(await engine.docker('run', ...once, tinyImage, 'sh', '-c', script)).toBe('3 2 1 root\n1000');
});

engineTest('an image is built on it, and removed with its test', async () => {
  const image = await buildImage(engine, ['USER 7', 'ENTRYPOINT ["id"]']);
  expect(await engine.docker('run', ...once, image.name, '-u')).toBe('7');
  await image[Symbol.asyncDispose]();
  expect(await engine.has(image.id)).toBe(false);
});

engineTest('a witness names a leftover container and its anonymous volume', async () => {
  const label = `signalbox-test=${process.pid}`;
  await using image = await buildImage(engine, ['VOLUME /data']);
  await using witness = await Witness.start(engine, label);
  const flags = ['--network', 'none', '--label', label, image.name];
  await engine.docker('run', '--rm', ...flags, 'true');
  expect(await witness.remains()).toEqual(none);
  const container = await engine.docker('run', '--detach', ...flags, 'true');
  expect(await witness.remains()).toEqual({ ...none, containers: [container], volumes: [expect.any(String)] });
  await engine.docker('wait', container);
  await engine.docker('rm', container);
  const { containers, volumes } = await witness.remains();
  expect({ containers, volumes }).toEqual({ containers: [], volumes: [expect.any(String)] });
  await engine.docker('volume', 'rm', ...volumes);
  expect([...witness.containers]).toHaveLength(2);
});

registryTest('a registry serves pushed images, under several names of its port', async () => {
  await using registry = await Registry.start();
  await using image = await buildLargeImage(engine, { layers: 2, bytes: 1_000 });
  const name = await registry.push(engine, image.name, 'app:1');
  await image[Symbol.asyncDispose]();
  await using link = await LinkProxy.start(registry.port);
  const slow = name.replace(registry.address, `127.0.0.1:${link.port}`);
  link.refuse();
  await expect(engine.docker('pull', slow)).rejects.toThrow('connection refused');
  await link.accept();
  await engine.docker('pull', '--quiet', slow);
  expect(await engine.docker('image', 'inspect', '--format', '{{.Id}}', slow)).toBe(image.id);
  await engine.docker('image', 'rm', slow);
});

registryTest('a locked registry serves nothing without the password', async () => {
  await using registry = await Registry.start({ locked: true });
  const name = await registry.push(engine, tinyImage, 'secret');
  await expect(engine.docker('pull', name)).rejects.toThrow('no basic auth credentials');
  await expect(engine.run(['pull', name], { config: registry.credentials({ password: 'wrong' }) })).rejects.toThrow(
    'unauthorized',
  );
  await engine.run(['pull', name], { config: registry.credentials() });
  await engine.docker('image', 'rm', name);
});

ownEngineTest('an engine of a test can be killed, started again and removed', async () => {
  const own = await OwnEngine.start({ flags: ['--live-restore'] });
  const container = await own.docker('run', '--detach', tinyImage, 'sleep', '1000');
  const pid = Number(await own.docker('inspect', '--format', '{{.State.Pid}}', container));
  await own.kill();
  await expect(own.docker('ps')).rejects.toThrow('Cannot connect');
  expect(isRunning(pid)).toBe(true);
  await own.up();
  expect(await own.lines('ps', '--quiet', '--no-trunc')).toEqual([container]);
  await own.kill();
  await own[Symbol.asyncDispose]();
  expect(isRunning(pid)).toBe(false);
  expect(existsSync(own.folder)).toBe(false);
});
