import { expect } from 'vitest';
import type { ArgsOf, CommandContract, ResultOf } from '../../schemas/index.ts';
import { containers, images, pull, removeImage } from '../../src/plugins/container/plugin.ts';
import { engine } from './support/engine.ts';
import { engineTest, registryTest } from './support/engine-test.ts';
import { buildImage } from './support/images.ts';
import { newName } from './support/names.ts';
import { openContainerPair } from './support/pair.ts';
import { Registry } from './support/registry.ts';
import { tinyImage } from './support/tiny-image.ts';

async function scene() {
  const pair = await openContainerPair({
    client: { allow: ['container', 'images', 'pull', 'remove-image', 'containers'] },
  });
  const send = async <C extends CommandContract>(contract: C, args: ArgsOf<C>) => {
    const group = await pair.server.submit(pair.name, contract, args);
    const [ended] = await group.outcomes;
    if (!ended) throw new Error('the job has no outcome');
    const { outcome, result, error } = { result: undefined, error: undefined, ...ended };
    const stdout = await pair.server.output({ id: group.id, client: pair.name });
    return {
      outcome,
      result: result as ResultOf<C>,
      error,
      stdout: Buffer.concat(stdout.map(({ data }) => data)).toString(),
    };
  };
  return Object.assign(pair, { send });
}

engineTest('images lists them as a table and as the result, all or those of a name', async () => {
  await using image = await buildImage(engine, []);
  await using pair = await scene();
  const { result, stdout } = await pair.send(images, { name: image.name });
  expect(result).toEqual({
    images: [
      { id: image.id, tags: [`${image.name}:latest`], bytes: expect.any(Number), created: expect.stringMatching(/Z$/) },
    ],
    count: 1,
    bytes: expect.any(Number),
  });
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(/^IMAGE +ID +SIZE +CREATED$/),
    expect.stringMatching(
      /^signalbox-test\/\S+:latest {2}[0-9a-f]{12} {2}\d+\.\d+ MB {2}\d{4}-\d\d-\d\d \d\d:\d\d UTC$/,
    ),
    '',
  ]);
  const all = await pair.send(images, {});
  expect(all.stdout).toContain(tinyImage);
  expect(await pair.send(images, { name: 'no/such/image' })).toMatchObject({ result: { count: 0 }, stdout: '' });
});

registryTest('pull fetches an image and prints its digest, and the second time that it is up to date', async () => {
  await using registry = await Registry.start();
  await using built = await buildImage(engine, []);
  const image = await registry.push(engine, built.name, `${newName('app')}:1`);
  await using pair = await scene();
  const first = await pair.send(pull, { image });
  expect(first).toMatchObject({
    outcome: 'completed',
    result: { image, imageId: built.id, digest: expect.stringMatching(/^sha256:/), upToDate: false },
  });
  expect(await pair.send(pull, { image })).toMatchObject({ result: { upToDate: true } });
  const { digest } = first.result;
  const pinned = `${image.replace(/:1$/, '')}@${digest}`;
  expect(await pair.send(pull, { image: pinned })).toMatchObject({ result: { digest, imageId: built.id } });
  expect(await pair.send(removeImage, { image })).toMatchObject({ outcome: 'completed', result: { deletedLayers: 0 } });
});

engineTest('remove-image removes a name, and reports which containers use it', async () => {
  await using image = await buildImage(engine, ['LABEL removed=yes']);
  await using pair = await scene();
  const container = await engine.docker('create', '--network', 'none', image.name, 'sleep', '600');
  const short = container.slice(0, 12);
  expect(await pair.send(removeImage, { image: image.name })).toMatchObject({
    outcome: 'failed',
    error: {
      message: `${image.name} is in use by container ${short}: remove that, or use --force; containers --all shows it`,
    },
  });
  await engine.docker('start', container);
  expect(await pair.send(removeImage, { image: image.id, force: true })).toMatchObject({
    error: {
      message: `${image.id} is in use by container ${short}, which is running: end it first; containers --all shows it`,
    },
  });
  await engine.docker('rm', '--force', container);
  expect(await pair.send(removeImage, { image: image.name })).toMatchObject({
    result: { untagged: [`${image.name}:latest`] },
  });
  expect(await pair.send(removeImage, { image: image.name })).toMatchObject({
    error: { message: `${image.name} does not exist here: images lists the images` },
  });
});

engineTest('containers lists those of the jobs of the client, and with --all every one', async () => {
  await using pair = await scene();
  const stranger = await engine.docker('create', '--network', 'none', tinyImage, 'true');
  const name = newName();
  const group = await pair.submit({
    image: tinyImage,
    argv: ['sh', '-c', 'echo up; sleep 600'],
    network: 'none',
    name,
  });
  await pair.server.told.first(({ type }) => type === 'job.output' || type === 'job.settled');
  const own = await pair.send(containers, {});
  expect(own.result).toMatchObject({
    containers: [{ name, image: tinyImage, job: expect.any(String), ports: [] }],
    count: 1,
  });
  expect(own.stdout).toMatch(/^CONTAINER +IMAGE +STATUS +CREATED +JOB\n/);
  const all = await pair.send(containers, { all: true });
  const ids = all.result.containers.map(({ id }) => id);
  expect(ids).toContain(stranger);
  await group.cancel();
  await group.outcomes;
  await engine.docker('rm', stranger);
});
