import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { docker, inspect, signalFromOutside } from './docker.ts';

const megabyte = 1_000_000;
const confined = ['--detach', '--interactive', '--tty', '--read-only', '--network', 'none', '--cap-drop', 'ALL'];

/** Starts a container that goes with the test. */
async function start(image: string, ...flags: string[]): Promise<string> {
  const container = await docker('run', ...confined, ...flags, image);
  onTestFinished(async () => void (await docker('rm', '--force', '--volumes', container)));
  return container;
}

const health = (container: string) => inspect(container, '.State.Health.Status');
const healthBecomes = (container: string, status: string) =>
  expect.poll(() => health(container), { timeout: 60_000, interval: 500 }).toBe(status);

const { built, missing, failure } = inject('images');

test.skipIf(missing !== undefined)('both images build', () => {
  expect(failure ?? '').toBe('');
});

describe.skipIf(!built)('the images', () => {
  test.each(['signalbox-server', 'signalbox-client'])(
    '%s adds less than 12 MB to its base, and is no root',
    async (image) => {
      const layers = await docker('history', '--human=false', '--format', '{{.Size}} {{.CreatedBy}}', image);
      const own = layers.split('\n').slice(0, layers.split('\n').findIndex((layer) => layer.includes('WORKDIR')) + 1);
      expect(own.length).toBeGreaterThan(5);
      expect(own.reduce((sum, layer) => sum + Number.parseInt(layer, 10), 0)).toBeLessThan(12 * megabyte);
      expect(await inspect(image, '.Config.User')).toBe('node');
      expect(await inspect(image, 'index .Config.Labels "org.opencontainers.image.title"')).toBe(image);
      const files = await docker('run', '--rm', '--network', 'none', '--entrypoint', 'ls', image, '/app');
      expect(files.split('\n').sort()).toEqual(['dist', 'node_modules', 'package.json']);
    },
  );

  test.each(['signalbox-server', 'signalbox-client'])('docker stop ends %s with 0', async (image) => {
    const container = await start(image, '--health-interval', '1s');
    await healthBecomes(container, 'healthy');
    await docker('stop', '--time', '15', container);
    expect(await inspect(container, '.State.ExitCode')).toBe('0');
  });

  test.each(['signalbox-server', 'signalbox-client'])(
    '%s that is frozen is unhealthy until it goes on',
    async (image) => {
      const container = await start(image, '--health-interval', '1s', '--health-retries', '2');
      await healthBecomes(container, 'healthy');
      await signalFromOutside(container, 'STOP');
      await healthBecomes(container, 'unhealthy');
      await signalFromOutside(container, 'CONT');
      await healthBecomes(container, 'healthy');
    },
  );
});
