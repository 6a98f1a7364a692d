import { mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import Docker from 'dockerode';
import { expect, onTestFinished } from 'vitest';
import { container } from '../../src/plugins/container/contracts/container.ts';
import { resolveAllowed } from '../../src/plugins/container/create/allowed.ts';
import { createOptions } from '../../src/plugins/container/create/create-options.ts';
import { newFolder } from '../support/new-folder.ts';
import { engine } from './support/engine.ts';
import { engineTest } from './support/engine-test.ts';
import { newName } from './support/names.ts';
import { tinyImage } from './support/tiny-image.ts';

const docker = new Docker();

/** The step between the check of these mounts and the start of their container. */
async function checked(mount: readonly string[], binds: string[] = []) {
  const args = container.args.parse({ image: tinyImage, network: 'none', mount: [...mount] });
  const { options, recheck } = await createOptions(args, {
    allowed: await resolveAllowed({ binds, caps: [] }),
    docker,
  });
  const create = async () => {
    const created = await docker.createContainer({ _query: {}, _body: options } as never);
    onTestFinished(async () => void (await engine.docker('rm', '--force', '--volumes', created.id)));
  };
  return { create, recheck };
}

engineTest('a folder that becomes a link between check and start is not mounted', async () => {
  const folder = join(newFolder(), 'data');
  mkdirSync(folder);
  const { create, recheck } = await checked([`${folder}:/data`], [folder]);
  await create();
  await recheck();
  renameSync(folder, `${folder}.old`);
  symlinkSync('/etc', folder);
  await expect(recheck()).rejects.toMatchObject({ code: 'not_allowed' });
});

engineTest('a folder that is removed before its container is created is not recreated by the engine', async () => {
  const folder = join(newFolder(), 'data');
  mkdirSync(folder);
  const { create } = await checked([`${folder}:/data`], [folder]);
  renameSync(folder, `${folder}.old`);
  await expect(create()).rejects.toThrow(/bind source path does not exist/);
});

engineTest('a volume that is created with options between check and start is not mounted', async () => {
  const volume = newName();
  const { create, recheck } = await checked([`${volume}:/data`]);
  onTestFinished(async () => void (await engine.docker('volume', 'rm', volume)));
  const options = ['type=none', 'o=bind', 'device=/'].flatMap((option) => ['--opt', option]);
  await engine.docker('volume', 'create', ...options, volume);
  await create();
  await expect(recheck()).rejects.toMatchObject({
    code: 'not_allowed',
    message: expect.stringContaining('it has driver options (device, o, type)'),
  });
});
