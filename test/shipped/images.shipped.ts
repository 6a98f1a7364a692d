import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { docker, inspect, root, signalFromOutside } from './docker.ts';

const megabyte = 1_000_000;
const images = ['signalbox-server', 'signalbox-client', 'signalbox-gateway', 'signalbox-status', 'signalbox-user'];
/** The arguments that an image needs to start. Nothing listens at that address. */
const needs: Readonly<Record<string, string[]>> = {
  'signalbox-gateway': ['--store', 'postgres://127.0.0.1:1/none'],
  'signalbox-status': ['--store', 'postgres://127.0.0.1:1/none'],
};
const once = ['--rm', '--network', 'none'];
const confined = ['--detach', '--interactive', '--tty', '--read-only', '--network', 'none', '--cap-drop', 'ALL'];

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const operating = read('docs/operating.md');
const { dependencies } = JSON.parse(read('package.json'));
type Names = Readonly<Record<string, string>>;
const locked: Readonly<Record<string, { dev?: true; dependencies?: Names; optionalDependencies?: Names }>> = JSON.parse(
  read('package-lock.json'),
).packages;

/** The folders of a package and of all its dependencies, optional ones too if installed. */
function withDependencies(name: string, canUse = false): string[] {
  const folder = `node_modules/${name}`;
  const { dependencies: needed, optionalDependencies: used } = locked[folder] ?? {};
  const names = Object.keys({ ...needed, ...(canUse && used) });
  return [folder, ...names.flatMap((each) => withDependencies(each, canUse))];
}
const peers = ['pg', 're2js', 'nodemailer', '@platformatic/kafka'];

/** Starts a container that is removed with the test. */
async function start(image: string, ...flags: string[]): Promise<string> {
  const container = await docker('run', ...confined, ...flags, image, ...(needs[image] ?? []));
  onTestFinished(async () => void (await docker('rm', '--force', '--volumes', container)));
  return container;
}

const health = (container: string) => inspect(container, '.State.Health.Status');
const healthBecomes = (container: string, status: string) =>
  expect.poll(() => health(container), { timeout: 60_000, interval: 500 }).toBe(status);

const { built, missing, failure } = inject('images');

test.skipIf(missing !== undefined)('the images build', () => {
  expect(failure ?? '').toBe('');
});

test('the images are built alike, so that they share their layers', () => {
  const [server, ...others] = ['server', 'client', 'presence'].map((name) => {
    const [, build] = /^(FROM \$\{NODE_IMAGE\} AS build\n[\s\S]*?)\nFROM /m.exec(read(`Dockerfile.${name}`)) ?? [];
    return build;
  });
  expect(server).toBeDefined();
  expect(others).toEqual([server, server]);
});

describe.skipIf(!built)('the images', () => {
  test.each(images)('%s adds to its base what docs/operating.md says', async (image) => {
    const layers = (await docker('history', '--human=false', '--format', '{{.Size}} {{.CreatedBy}}', image)).split(
      '\n',
    );
    const own = layers.slice(0, layers.findIndex((layer) => layer.includes('WORKDIR')) + 1);
    const bytes = own.map((layer) => Number.parseInt(layer, 10)).sort((a, b) => b - a);
    const [packages = 0, dist = 0, ...rest] = bytes.map((size) => size / megabyte);
    const said =
      /`node_modules`.*\| ([\d.]+) MB \|\n\| `dist`.*\| ([\d.]+) MB/.exec(operating)?.slice(1).map(Number) ?? [];
    expect(said.map((size, n) => Math.abs(size - (n === 0 ? packages : dist)) < size / 5)).toEqual([true, true]);
    expect(rest.reduce((sum, size) => sum + size, 0)).toBeLessThan(0.01);
  });

  test.each(images)(
    '%s contains dist and production packages, and nothing that its user could change',
    async (image) => {
      const look = 'ls; echo; ls -d node_modules/[!@]* node_modules/@*/*; echo; find . -writable; id -u';
      const shown = await docker('run', ...once, '--entrypoint', 'sh', image, '-c', look);
      const [files, packages = '', ...writable] = shown.split('\n\n');
      expect(files).toBe('dist\nnode_modules\npackage.json');
      expect(writable).toEqual(['1000']);
      const installed = packages.split('\n');
      expect(installed).toEqual(
        expect.arrayContaining(Object.keys(dependencies).map((name) => `node_modules/${name}`)),
      );
      expect(installed).toEqual(expect.arrayContaining(peers.flatMap((name) => withDependencies(name))));
      const ofPeers = new Set(peers.flatMap((name) => withDependencies(name, true)));
      const others = installed.filter((folder) => !ofPeers.has(folder));
      expect(others.filter((folder) => locked[folder]?.dev !== undefined || locked[folder] === undefined)).toEqual([]);
    },
  );

  test.each(images)('%s has its labels, does not run as root, and has a health check', async (image) => {
    const config = JSON.parse(await inspect(image, 'json .Config'));
    expect(config).toMatchObject({
      User: 'node',
      Labels: { 'org.opencontainers.image.title': image, 'org.opencontainers.image.licenses': 'MIT' },
      Healthcheck: { Test: ['CMD', 'signalbox', 'health'], Interval: 10e9, Timeout: 5e9, Retries: 3 },
    });
  });

  test.each(images)('docker stop ends %s with 0', async (image) => {
    const container = await start(image, '--health-interval', '1s');
    await healthBecomes(container, 'healthy');
    await docker('stop', '--time', '15', container);
    expect(await inspect(container, '.State.ExitCode')).toBe('0');
  });

  test.each(images)('%s is unhealthy while it is frozen', async (image) => {
    const container = await start(image, '--health-interval', '1s', '--health-retries', '2');
    await healthBecomes(container, 'healthy');
    await signalFromOutside(container, 'SIGSTOP');
    await healthBecomes(container, 'unhealthy');
    await signalFromOutside(container, 'SIGCONT');
    await healthBecomes(container, 'healthy');
  });
});
