import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, expect, vi } from 'vitest';
import { newFolder } from '../support/new-folder.ts';
import { engine } from './support/engine.ts';
import { engineTest, registryTest } from './support/engine-test.ts';
import { buildImage, buildLargeImage } from './support/images.ts';
import { newName } from './support/names.ts';
import { openContainerPair } from './support/pair.ts';
import { Registry } from './support/registry.ts';
import { RegistryFront } from './support/registry-front.ts';
import { tinyImage } from './support/tiny-image.ts';

/** Ends at once, and needs only its image from the engine. */
const brief = { argv: ['true'], network: 'none' };

afterEach(() => vi.unstubAllEnvs());

/** An image that only a registry has, at the address of a front that counts. */
async function scene({ locked = false, layers = 2 } = {}) {
  await using stack = new AsyncDisposableStack();
  const registry = stack.use(await Registry.start({ locked }));
  const front = stack.use(await RegistryFront.start(registry));
  const made = await buildLargeImage(engine, { layers, bytes: 100_000 });
  const pushed = await registry.push(engine, made.name, `${newName('app')}:1`);
  await made[Symbol.asyncDispose]();
  const image = pushed.replace(registry.address, front.address);
  stack.defer(async () => {
    if (await engine.has(image)) await engine.docker('image', 'rm', '--force', image);
  });
  const pair = stack.use(await openContainerPair());
  const kept = stack.move();
  return { registry, front, image, id: made.id, pair, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

const message = ({ outcome }: { outcome: { outcome: string } }): string =>
  'error' in outcome ? (outcome.error as { message: string }).message : outcome.outcome;

registryTest('five jobs that need one image pull it once, and each shows its progress', async () => {
  await using here = await scene();
  const { front, image, pair, id } = here;
  front.holdLayers();
  const jobs = Promise.all(Array.from({ length: 5 }, () => pair.run({ image, ...brief })));
  const waiting = new Set<string>();
  await pair.server.told.first((event) => {
    if (event.type === 'job.progress' && event.note?.includes('of 3 layers')) waiting.add(event.id);
    return waiting.size === 5;
  });
  front.release();
  const ended = await jobs;
  expect(ended.map(message)).toEqual(Array.from({ length: 5 }, () => 'completed'));
  expect(ended[0]?.outcome).toMatchObject({ result: { imageDigest: id } });
  // The manifest, the configuration, and each layer.
  expect(front.fetched.filter((line) => line.includes('/manifests/'))).toHaveLength(1);
  expect(new Set(front.fetched).size).toBe(front.fetched.length);
});

registryTest('an image that exists is not requested again, except with --pull always', async () => {
  await using here = await scene();
  const { front, image, pair } = here;
  expect(message(await pair.run({ image, ...brief, pull: 'never' }))).toBe(
    `the engine has no image ${image}, and --pull never forbids fetching it`,
  );
  expect(front.asked).toEqual([]);
  await pair.run({ image, ...brief });
  const before = front.asked.length;
  await pair.run({ image, ...brief });
  await pair.run({ image, ...brief, pull: 'never' });
  expect(front.asked).toHaveLength(before);
  expect(message(await pair.run({ image, ...brief, pull: 'always' }))).toBe('completed');
  expect(front.asked.length).toBeGreaterThan(before);
});

registryTest('a job that is cancelled leaves the pull to the others; the last one ends it', async () => {
  await using here = await scene();
  const { front, image, pair } = here;
  front.holdLayers();
  const groups = await Promise.all([1, 2].map(() => pair.submit({ image, ...brief })));
  await front.untilAsked();
  await groups[0]?.cancel();
  expect(await groups[0]?.outcomes).toMatchObject([{ outcome: 'cancelled' }]);
  await groups[1]?.cancel();
  expect(await groups[1]?.outcomes).toMatchObject([{ outcome: 'cancelled' }]);
  // An engine that was still pulling it would not ask again.
  const next = pair.run({ image, ...brief });
  await front.untilAsked(2);
  front.release();
  expect(message(await next)).toBe('completed');
});

registryTest('a registry that is too slow costs no more than --pull-timeout', async () => {
  await using here = await scene();
  const { front, image, pair } = here;
  front.holdLayers();
  const { outcome } = await pair.run({ image, ...brief, pullTimeout: 1_000 });
  expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'timed_out' } });
  expect(message({ outcome })).toMatch(
    /^127\.\S+ was not pulled within 1 s: \d of 3 layers.*; raise --pull-timeout to allow more$/,
  );
});

registryTest('a missing image and a registry that is down give a sentence', async () => {
  await using here = await scene();
  const { registry, image, pair } = here;
  const { address } = registry;
  const other = image.replace(/:1$/, ':2');
  expect(message(await pair.run({ image: other }))).toContain('has no such image or tag: check its name');
  await registry[Symbol.asyncDispose]();
  expect(message(await pair.run({ image: `${address}/app` }))).toContain(
    `${address}/app cannot be pulled: the engine cannot reach ${address}: check that it is running and that its name is right`,
  );
});

registryTest(
  'layers that are not what the manifest says, and an image of another platform, have a sentence',
  async () => {
    await using here = await scene();
    const { front, image, pair } = here;
    front.spoils = true;
    expect(message(await pair.run({ image }))).toContain('the received data does not match the digest in its manifest');
    front.spoils = false;
    const manifests = `http://${image.replace('/', '/v2/').replace(/:1$/, '/manifests/')}`;
    const type = 'application/vnd.docker.distribution.manifest.v2+json';
    const one = await fetch(`${manifests}1`, { headers: { Accept: type } });
    const digest = one.headers.get('docker-content-digest');
    const size = (await one.arrayBuffer()).byteLength;
    const list = 'application/vnd.docker.distribution.manifest.list.v2+json';
    const platform = { architecture: 's390x', os: 'linux' };
    const body = JSON.stringify({
      schemaVersion: 2,
      mediaType: list,
      manifests: [{ mediaType: type, size, digest, platform }],
    });
    const put = await fetch(`${manifests}other`, { method: 'PUT', headers: { 'Content-Type': list }, body });
    expect(put.status).toBe(201);
    expect(message(await pair.run({ image: image.replace(/:1$/, ':other') }))).toContain(
      `${front.address} has the image, but not for the platform of the engine`,
    );
  },
);

registryTest('credentials of the user of the client go with each pull, and are read for each', async () => {
  await using here = await scene({ locked: true });
  const { registry, front, image, pair } = here;
  const folder = newFolder();
  vi.stubEnv('DOCKER_CONFIG', folder);
  const refused = await pair.run({ image, ...brief });
  expect(message(refused)).toContain(
    `requires credentials, and ${folder}/config.json has none for it: docker login ${front.address}`,
  );
  vi.stubEnv('DOCKER_CONFIG', registry.credentials({ address: front.address, password: 'not-this-one' }));
  const wrong = message(await pair.run({ image, ...brief }));
  expect(wrong).toContain(`${front.address} rejects the credentials of box in `);
  expect(wrong).not.toContain('not-this-one');
  vi.stubEnv('DOCKER_CONFIG', registry.credentials({ address: front.address }));
  expect(message(await pair.run({ image, ...brief }))).toBe('completed');
});

registryTest('a credential helper on the PATH is called, and its error is reported', async () => {
  await using here = await scene({ locked: true });
  const { front, image, pair } = here;
  const folder = newFolder();
  const helper = join(folder, 'docker-credential-tests');
  const script = (lines: string) => {
    writeFileSync(helper, `#!/bin/sh\n${lines}\n`);
    chmodSync(helper, 0o755);
  };
  vi.stubEnv('DOCKER_CONFIG', folder);
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ credHelpers: { [front.address]: 'tests' } }));
  const fails = message(await pair.run({ image, ...brief }));
  expect(fails).toContain('requires credentials, and docker-credential-tests is not on the PATH of this client');
  script('echo the keyring is locked >&2; exit 1');
  const locked = message(await pair.run({ image, ...brief }));
  expect(locked).toContain('requires credentials, and docker-credential-tests ended with 1: the keyring is locked');
  script(`cat >${folder}/asked; echo $1 >>${folder}/asked; echo '{"Username":"box","Secret":"right"}'`);
  expect(message(await pair.run({ image, ...brief }))).toBe('completed');
  expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe(`${front.address}get\n`);
});

registryTest('an invalid config.json does not prevent a pull from a registry without a login', async () => {
  await using here = await scene();
  const folder = newFolder();
  mkdirSync(join(folder, 'docker'));
  vi.stubEnv('DOCKER_CONFIG', join(folder, 'docker'));
  writeFileSync(join(folder, 'docker/config.json'), '{\n "auths": {\n  "x" {}\n}}');
  expect(message(await here.pair.run({ image: here.image, ...brief }))).toBe('completed');
});

engineTest('an image of this engine alone, without a registry, runs at once', async () => {
  await using image = await buildImage(engine, ['ENV made=here'], tinyImage);
  await using pair = await openContainerPair();
  expect(message(await pair.run({ image: image.name, ...brief }))).toBe('completed');
});
