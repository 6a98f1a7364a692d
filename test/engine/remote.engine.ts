import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { newFolder } from '../support/new-folder.ts';
import { makeCertificates } from './support/certificates.ts';
import { engine as sharedEngine } from './support/engine.ts';
import { EnginePort } from './support/engine-port.ts';
import { engineTest, ownEngineTest } from './support/engine-test.ts';
import { newName } from './support/names.ts';
import { OwnEngine } from './support/own-engine.ts';
import { openContainerPair } from './support/pair.ts';
import { SshServer } from './support/ssh-server.ts';
import { tinyImage } from './support/tiny-image.ts';

const quiet = { image: tinyImage, network: 'none' };
const failed = (message: RegExp) => ({ outcome: 'failed', error: { message: expect.stringMatching(message) } });

/** Runs a container by a client with that environment. */
async function run(env: NodeJS.ProcessEnv, more = {}) {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  try {
    await using pair = await openContainerPair({ allowed: { binds: [newFolder()] } });
    return await pair.run({ ...quiet, argv: ['sh', '-c', 'echo out; exit 3'], ...more });
  } finally {
    vi.unstubAllEnvs();
  }
}

ownEngineTest('an engine is used over TLS, with certificates of both sides', async () => {
  const [certificates, strange, none] = [newFolder(), newFolder(), newFolder()];
  await Promise.all([makeCertificates(certificates), makeCertificates(strange)]);
  const file = (name: string) => join(certificates, name);
  const tls = [
    '--tlsverify',
    '--tlscacert',
    file('ca.pem'),
    '--tlscert',
    file('server.pem'),
    '--tlskey',
    file('server-key.pem'),
  ];
  await using engine = await OwnEngine.start({ flags: ['--host', 'tcp://127.0.0.1:2376', ...tls] });
  await using port = await EnginePort.open(engine, 2376);
  const address = { DOCKER_HOST: `tcp://127.0.0.1:${port.port}`, DOCKER_TLS_VERIFY: '1' };
  const trusted = { ...address, DOCKER_CERT_PATH: certificates };

  const { outcome, stdout } = await run(trusted);
  expect(outcome).toMatchObject({ outcome: 'failed', result: { exitCode: 3, left: false } });
  expect(stdout.toString()).toBe('out\n');
  expect(await engine.lines('ps', '--all', '--quiet')).toEqual([]);

  expect((await run({ ...trusted, DOCKER_TLS_VERIFY: 'yes' })).outcome).toMatchObject({ result: { exitCode: 3 } });
  expect((await run(trusted, { mount: ['/etc:/x'] })).outcome).toMatchObject({
    error: { code: 'not_allowed', message: expect.stringMatching(/engine on another machine/) },
  });
  expect((await run({ ...address, DOCKER_CERT_PATH: strange })).outcome).toMatchObject(
    failed(/the engine's certificate is not from the authority in ca\.pem/),
  );
  expect((await run({ ...address, DOCKER_CERT_PATH: none })).outcome).toMatchObject(
    failed(/ca\.pem is required for TLS: it does not exist; DOCKER_CERT_PATH names its folder/),
  );
  const halves = join(none, 'halves');
  mkdirSync(halves);
  copyFileSync(file('ca.pem'), join(halves, 'ca.pem'));
  for (const name of ['cert.pem', 'key.pem']) copyFileSync(join(strange, name), join(halves, name));
  expect((await run({ ...address, DOCKER_CERT_PATH: halves })).outcome).toMatchObject(
    failed(/the engine rejects cert\.pem of DOCKER_CERT_PATH/),
  );
  expect((await run({ ...trusted, DOCKER_TLS_VERIFY: '' })).outcome).toMatchObject(
    failed(/the engine uses TLS on that port: set DOCKER_TLS_VERIFY=1/),
  );
});

const hasSsh = existsSync('/usr/sbin/sshd') && process.getuid?.() === 0;

(hasSsh ? engineTest : test.skip)(
  'an engine is used over ssh, whose host must be known, and again after the connection broke',
  async () => {
    await using ssh = await SshServer.start();
    const env = {
      DOCKER_HOST: `ssh://${ssh.user}@127.0.0.1:${ssh.port}`,
      PATH: `${ssh.programs}:${process.env.PATH}`,
    };
    expect((await run(env)).outcome).toMatchObject(
      failed(/^no engine answers: ssh 127\.0\.0\.1: Host key verification failed/),
    );
    ssh.trust();
    const { outcome, stdout } = await run(env);
    expect(outcome).toMatchObject({ outcome: 'failed', result: { exitCode: 3, left: false } });
    expect(stdout.toString()).toBe('out\n');
    expect((await run(env, { mount: ['/etc:/x'] })).outcome).toMatchObject({ error: { code: 'not_allowed' } });

    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    await using pair = await openContainerPair();
    const [name, script] = [newName(), 'echo before; until test -e /go; do sleep 0.1; done; echo after'];
    const going = pair.run({ ...quiet, name, argv: ['sh', '-c', script] });
    await pair.server.told.first(({ type }) => type === 'job.output');
    ssh.cut();
    await sharedEngine.docker('exec', name, 'touch', '/go');
    const gone = await going;
    expect(gone.outcome).toMatchObject({ outcome: 'completed', result: { exitCode: 0, left: false } });
    expect(gone.stdout.toString()).toBe('before\nafter\n');
  },
);
