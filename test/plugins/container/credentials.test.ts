import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { askHelper } from '../../../src/plugins/container/image/credential-helper.ts';
import { findCredentials } from '../../../src/plugins/container/image/credentials.ts';
import { newFolder } from '../../support/new-folder.ts';

const { signal } = new AbortController();
const basic = (text: string) => Buffer.from(text).toString('base64');

async function find(config: unknown, registry = 'registry.example:5000', helpers: Record<string, string> = {}) {
  const folder = newFolder();
  writeFileSync(join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  for (const [name, lines] of Object.entries(helpers)) {
    const path = join(folder, `docker-credential-${name}`);
    writeFileSync(path, `#!/bin/sh\n${lines}\n`);
    chmodSync(path, 0o755);
  }
  const env = { ...process.env, DOCKER_CONFIG: folder, PATH: `${folder}${delimiter}${process.env.PATH}` };
  const { auth, problem } = await findCredentials(registry, { env, signal });
  return { auth, problem: problem?.replace(folder, '…') };
}

const none = { auth: undefined, problem: undefined };

test('credentials are found under the names that docker login writes', async () => {
  const auths = {
    'https://index.docker.io/v1/': { auth: basic('hub:one') },
    'registry.example:5000': { auth: basic('box:a:b') },
    'https://old.example/v1/': { auth: basic('old:two\0\0') },
    'token.example': { identitytoken: 'itself', auth: basic('box:') },
    'plain.example': { username: 'box', password: 'three' },
    'empty.example': {},
  };
  const found = async (registry: string) => (await find({ auths }, registry)).auth;
  expect(await found('docker.io')).toMatchObject({ username: 'hub', password: 'one' });
  expect(await found('registry.example:5000')).toEqual({
    serveraddress: 'registry.example:5000',
    username: 'box',
    password: 'a:b',
  });
  expect(await found('old.example')).toMatchObject({ username: 'old', password: 'two' });
  expect(await found('token.example')).toMatchObject({ identitytoken: 'itself' });
  expect(await found('plain.example')).toMatchObject({ username: 'box', password: 'three' });
  expect(await found('empty.example')).toBeUndefined();
  expect(await found('registry.example')).toBeUndefined();
});

test('without a file there are none', async () => {
  expect(await findCredentials('docker.io', { env: { HOME: newFolder() }, signal })).toMatchObject(none);
  expect(await find('{}')).toEqual(none);
});

test('a helper of the registry precedes the general store, and that precedes the file', async () => {
  const helpers = {
    mine: `cat >/dev/null; echo '{"ServerURL":"x","Username":"mine","Secret":"s"}'`,
    all: `cat >/dev/null; echo '{"Username":"<token>","Secret":"identity"}'`,
  };
  const auths = { 'registry.example:5000': { auth: basic('file:file') } };
  const credHelpers = { 'registry.example:5000': 'mine' };
  expect((await find({ auths, credsStore: 'all', credHelpers }, undefined, helpers)).auth).toMatchObject({
    username: 'mine',
    password: 's',
  });
  expect((await find({ auths, credsStore: 'all' }, undefined, helpers)).auth).toEqual({
    serveraddress: 'registry.example:5000',
    identitytoken: 'identity',
  });
  expect((await find({ auths }, undefined, helpers)).auth).toMatchObject({ username: 'file' });
});

test('a helper that does not know a registry is not an error', async () => {
  const empty = { all: 'echo credentials not found in native keychain; exit 1' };
  expect(await find({ credsStore: 'all' }, undefined, empty)).toEqual(none);
});

test('a helper that fails says why, and no sentence has the credentials that it prints', async () => {
  const say = async (lines: string) => (await find({ credsStore: 'x' }, undefined, { x: lines })).problem;
  expect(await say('echo locked >&2; exit 3')).toBe('docker-credential-x ended with 3: locked');
  expect(await say('echo the store is empty; exit 1')).toBe('docker-credential-x ended with 1: the store is empty');
  expect(await say(`echo '{"Username":"u","Secret":"hidden"}'; exit 1`)).toBe('docker-credential-x ended with 1');
  expect(await say('echo hidden')).toBe('docker-credential-x did not answer with Username and Secret');
  expect((await find({ credsStore: 'absent' })).problem).toBe(
    'docker-credential-absent is not on the PATH of this client',
  );
});

test('a helper that does not answer is ended, even if one of its children keeps its output open', async () => {
  const folder = newFolder();
  const path = join(folder, 'docker-credential-slow');
  writeFileSync(path, '#!/bin/sh\nsleep 600 & sleep 600\n');
  chmodSync(path, 0o755);
  const env = { PATH: `${folder}${delimiter}${process.env.PATH}` };
  await expect(askHelper('slow', 'x', { env, signal, timeoutMs: 200 })).rejects.toThrow(
    'docker-credential-slow did not answer within 0.2 s',
  );
});

test.each([
  ['{\n  "auths": {\n    "x": {"auth": c2VjcmV0}\n  }\n}', '…/config.json, line 3: it is not JSON'],
  ['{\n  "auths": {', '…/config.json, line 2: it is not JSON'],
  ['{"auths": {}}\nsecret', '…/config.json, line 2: it is not JSON'],
  ['', '…/config.json, line 1: it is not JSON'],
  [{ auths: { 'a.example': { auth: 7 } } }, '…/config.json: auths.a.example.auth is not in the format of Docker'],
  [{ credsStore: ['x'] }, '…/config.json: credsStore is not in the format of Docker'],
  ['[]', '…/config.json: it is not in the format of Docker'],
])('a config.json that is broken is named with its place, and not quoted: %j', async (config, sentence) => {
  expect(await find(config)).toEqual({ auth: undefined, problem: sentence });
});
