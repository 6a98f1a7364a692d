import Docker from 'dockerode';
import { expect, onTestFinished } from 'vitest';
import { container } from '../../src/plugins/container/contracts/container.ts';
import { createOptions } from '../../src/plugins/container/create/create-options.ts';
import { engine } from './support/engine.ts';
import { engineTest } from './support/engine-test.ts';
import { newName } from './support/names.ts';
import { tinyImage } from './support/tiny-image.ts';

const docker = new Docker();
const allowed = { folders: [], caps: [] };

/** The engine's description of a container that is created with these arguments, and not started. */
async function made(args: Record<string, unknown>) {
  const parsed = container.args.parse({ image: tinyImage, ...args });
  const { options } = await createOptions(parsed, { allowed, docker, labels: { 'signalbox.job': 'j.1' } });
  const created = await docker.createContainer({ _query: {}, _body: options } as never);
  onTestFinished(async () => void (await engine.docker('rm', '--force', '--volumes', created.id)));
  return await created.inspect();
}

engineTest('without options a container has the default limits', async () => {
  const { HostConfig, Config } = await made({});
  expect(HostConfig).toMatchObject({
    Privileged: false,
    ReadonlyPaths: expect.arrayContaining(['/proc/sys']),
    MaskedPaths: expect.arrayContaining(['/proc/kcore']),
    PidsLimit: 4_096,
    Memory: 0,
    NanoCpus: 0,
    SecurityOpt: ['no-new-privileges'],
    NetworkMode: 'bridge',
    IpcMode: 'private',
    PidMode: '',
    UTSMode: '',
    UsernsMode: '',
    AutoRemove: false,
    PublishAllPorts: false,
    RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
    CapDrop: ['ALL'],
  });
  expect(HostConfig.Binds).toBeNull();
  expect(HostConfig.Devices ?? []).toEqual([]);
  expect(Config).toMatchObject({ Cmd: ['sh'], Env: ['PATH=/usr/bin'], User: '', WorkingDir: '', Tty: false });
});

engineTest('each option sets the right field of the engine', async () => {
  const { HostConfig, Config } = await made({
    env: ['A=b=c', 'EMPTY='],
    workdir: '/tmp',
    user: '1000:1000',
    publish: ['8080:80', '8081:80', '0.0.0.0:5353:53/udp', '[::1]:9090:90'],
    memory: 64 * 2 ** 20,
    cpus: 0.5,
    pids: 10,
    entrypoint: 'env',
    label: ['app=x=y', 'empty='],
    service: true,
    restart: 'on-failure:3',
    health: 'true',
    argv: ['-i', 'sh'],
  });
  expect(HostConfig).toMatchObject({
    Memory: 64 * 2 ** 20,
    NanoCpus: 500_000_000,
    PidsLimit: 10,
    RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
    PortBindings: {
      '80/tcp': [
        { HostIp: '127.0.0.1', HostPort: '8080' },
        { HostIp: '127.0.0.1', HostPort: '8081' },
      ],
      '53/udp': [{ HostIp: '0.0.0.0', HostPort: '5353' }],
      '90/tcp': [{ HostIp: '::1', HostPort: '9090' }],
    },
  });
  expect(Config).toMatchObject({
    Env: ['A=b=c', 'EMPTY=', 'PATH=/usr/bin'],
    WorkingDir: '/tmp',
    User: '1000:1000',
    Entrypoint: ['env'],
    Cmd: ['-i', 'sh'],
    Labels: { app: 'x=y', empty: '', 'signalbox.job': 'j.1' },
    Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 10_000_000_000 },
  });
});

engineTest('the engine gets a network by its id', async () => {
  const network = newName();
  const id = await engine.docker('network', 'create', '--internal', network);
  onTestFinished(async () => void (await engine.docker('network', 'rm', network)));
  const { HostConfig, NetworkSettings } = await made({ network });
  expect(HostConfig.NetworkMode).toBe(id);
  expect(Object.keys(NetworkSettings.Networks)).toEqual([network]);
});

engineTest('volumes are local and without options, whatever other drivers the engine has', async () => {
  const volume = newName();
  onTestFinished(async () => void (await engine.docker('volume', 'rm', volume)));
  const { Mounts, Id } = await made({ mount: [`${volume}:/data:ro`] });
  expect(Mounts).toMatchObject([{ Type: 'volume', Name: volume, Driver: 'local', Destination: '/data', RW: false }]);
  const [{ Options }] = JSON.parse(await engine.docker('volume', 'inspect', volume));
  expect(Options ?? {}).toEqual({});
  await docker.getContainer(Id).remove({ v: true, force: true });
  expect(await engine.lines('volume', 'ls', '--quiet', '--filter', `name=${volume}`)).toEqual([volume]);
});
