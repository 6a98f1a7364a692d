import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { capabilitiesOf } from '../../../src/plugins/container/contracts/capabilities.ts';
import { container } from '../../../src/plugins/container/contracts/container.ts';
import { resolveAllowed } from '../../../src/plugins/container/create/allowed.ts';
import { createOptions } from '../../../src/plugins/container/create/create-options.ts';
import { newFolder } from '../../support/new-folder.ts';

const notFound = async () => {
  throw Object.assign(new Error('no such thing'), { statusCode: 404 });
};

/** An engine of this machine that has no volume and no network. */
const docker = {
  modem: { socketPath: '/run/docker.sock' },
  getVolume: () => ({ inspect: notFound }),
  getNetwork: () => ({ inspect: notFound }),
  version: async () => ({ ApiVersion: '1.44' }),
} as unknown as Docker;

const oneOf = (...values: readonly string[]) => fc.constantFrom(...values);

/** Paths and names around a folder, as an attacker would try them. */
const sources = (folder: string) =>
  fc
    .array(
      oneOf(
        folder,
        '/',
        '.',
        '..',
        'x',
        '//',
        '/./',
        '/../',
        'volume',
        'etc',
        '~',
        '%2e%2e',
        '\\',
        ' ',
        '\n',
        ':',
        '\0',
      ),
      {
        maxLength: 5,
      },
    )
    .map((parts) => parts.join(''));

const letters = fc.string({ maxLength: 4 });
const words = (...values: readonly string[]) =>
  fc.array(fc.oneof({ arbitrary: oneOf(...values), weight: 9 }, letters), { maxLength: 2 });

/** Some of the options, so that a refused one does not hide an allowed one. */
function arbitraryArgs(folder: string) {
  const ends = oneOf(':/data', ':/data:ro', ':/', ':/data:z', ':../x', '');
  const all = fc.record({
    mount: fc.array(
      fc.tuple(fc.oneof(fc.constant(folder), sources(folder)), ends).map((both) => both.join('')),
      {
        maxLength: 2,
      },
    ),
    network: fc.oneof(oneOf('none', 'bridge', 'host', 'container:x', 'Host', ' host', 'host\n'), letters),
    capAdd: words('CHOWN', 'NET_ADMIN', 'cap_net_admin', 'SYS_ADMIN', 'ALL', 'all', 'CAP_ALL', 'NET_RAW'),
    capDrop: words('CHOWN', 'ALL', 'NET_RAW'),
    label: words('a=b', 'signalbox.job=x', 'Signalbox.job=x', '\u00a0signalbox.job=x', '__proto__=x', 'signalbox.job'),
    publish: words('80:80', '0.0.0.0:80:80', ':80:80', '[::]:80:80'),
    name: oneOf('ok', '/x', '../x', 'x'),
  });
  const names = ['mount', 'network', 'capAdd', 'capDrop', 'label', 'publish', 'name'] as const;
  return fc
    .tuple(all, fc.subarray([...names], { minLength: 1, maxLength: 2 }))
    .map(([args, kept]) => Object.fromEntries(kept.map((name) => [name, args[name]])));
}

test('for any arguments a container gets only the allowed parts of the host', async () => {
  const folder = join(realpathSync(newFolder()), 'data');
  mkdirSync(folder);
  const allowed = await resolveAllowed({ binds: [folder], caps: ['NET_ADMIN'] });
  const most = new Set([...capabilitiesOf().CapAdd, 'NET_ADMIN']);
  let made = 0;
  await fc.assert(
    fc.asyncProperty(arbitraryArgs(folder), async (asked) => {
      const parsed = container.args.safeParse({ image: 'debian', ...asked });
      if (!parsed.success) return;
      const own = { 'signalbox.job': 'own' };
      const answer = await createOptions(parsed.data, { allowed, docker, labels: own }).catch((error) => {
        expect(['not_allowed', 'bad_arguments', 'command_failed']).toContain(error.code);
      });
      if (!answer) return;
      made += 1;
      const { HostConfig = {}, Labels = {}, ...rest } = answer.options;
      for (const { Type, Source } of HostConfig.Mounts ?? []) {
        if (Type === 'bind') expect(Source).toBe(folder);
        else expect(Source).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/);
      }
      expect(['none', 'bridge']).toContain(HostConfig.NetworkMode);
      expect((HostConfig.CapAdd as string[]).filter((one) => !most.has(one))).toEqual([]);
      expect(HostConfig.CapDrop).toEqual(['ALL']);
      expect(Labels['signalbox.job']).toBe('own');
      const owned = Object.entries(Labels).filter(([name, value]) => /signalbox\./i.test(name) && value !== '');
      expect(owned).toEqual([['signalbox.job', 'own']]);
      const known = [
        'CapAdd',
        'CapDrop',
        'LogConfig',
        'Mounts',
        'NetworkMode',
        'PidsLimit',
        'PortBindings',
        'RestartPolicy',
      ];
      expect(Object.keys(HostConfig).sort()).toEqual([...known, 'SecurityOpt']);
      expect(Object.keys(rest).sort()).toEqual(['ExposedPorts', 'Image']);
    }),
    { numRuns: 2_000 },
  );
  expect(made).toBeGreaterThan(100);
});
