import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { SignalboxError } from '../../schemas/errors.ts';
import { exitCodeOfError } from '../../src/exit-code.ts';
import { findServer } from '../../src/program/attach/find-server.ts';
import type { Named } from '../../src/program/attach/whereabouts.ts';
import { Authority } from '../../src/tls/authority.ts';
import { freePort } from '../support/free-port.ts';
import { newFolder } from '../support/new-folder.ts';
import { Program } from '../support/program.ts';

const token = 'sbx-the-secret-itself';
let files: Record<string, string>;

beforeAll(async () => {
  const authority = await Authority.create();
  const [one, other] = await Promise.all(['one', 'other'].map((name) => authority.issue({ name, days: 1 })));
  files = {
    token: `${token}\n`,
    'two-lines': `${token}\n${token}\n`,
    empty: '\n',
    'ca.pem': authority.identity.certificate,
    'one.pem': one?.certificate ?? '',
    'one.key': one?.key ?? '',
    'other.key': other?.key ?? '',
    'no.pem': 'hello',
  };
});

/** The result for a server with this name. */
async function refusal(address: string | undefined, named: Named, env: NodeJS.ProcessEnv = {}) {
  const folder = newFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  writeFileSync(join(folder, 'open'), files.token ?? '');
  chmodSync(join(folder, 'open'), 0o640);
  const given = Object.entries(named).map(([name, value]) => [name, (value ?? '').replace(/^\.\//, `${folder}/`)]);
  const error = await findServer(address, Object.fromEntries(given), env).then(
    () => expect.unreachable(),
    (error) => SignalboxError.from(error, 'internal'),
  );
  expect(error.message).not.toContain(token);
  return { exitCode: exitCodeOfError(error.code), why: error.message.replaceAll(folder, '.') };
}

const at = 'https://box.example:8443';

const both = { tlsCert: './one.pem', tlsKey: './one.key' };

test.each<[number, string | undefined, Named, why: string]>([
  [2, 'http://box.example:8443', {}, 'the address must use https; use https://HOST:PORT'],
  [2, `${at}/box`, {}, `the address may not continue after ${at}; use https://HOST:PORT`],
  [2, 'https://:99999', {}, 'the address is not valid; use https://HOST:PORT'],
  [2, 'https://ada:hush@box.example:8443', {}, 'the address is not valid; use https://HOST:PORT'],
  [7, at, {}, `${at} accepts operators only: give --token-file FILE, or --tls-cert FILE and --tls-key FILE`],
  [7, at, { tokenFile: './none' }, './none does not exist'],
  [7, at, { tokenFile: './open' }, 'others can read ./open; run: chmod 600 ./open'],
  [
    7,
    at,
    { tokenFile: './empty' },
    './empty contains no token: it must be one line, as printed by signalbox operators add',
  ],
  [
    7,
    at,
    { tokenFile: './two-lines' },
    './two-lines contains no token: it must be one line, as printed by signalbox operators add',
  ],
  [2, at, { tlsCert: './one.pem' }, '--tls-cert and --tls-key must be given together'],
  [2, at, { ...both, tlsKey: './other.key' }, '--tls-cert ./one.pem, --tls-key ./other.key cannot be used: '],
  [7, at, { ...both, tlsKey: './open' }, 'others can read ./open; run: chmod 600 ./open'],
  [2, at, { ...both, tlsCa: './no.pem' }, '--tls-ca ./no.pem is not a PEM certificate'],
  [2, at, { ...both, tlsCa: './none' }, '--tls-ca ./none cannot be read: '],
  [2, at, { ...both, as: 'ada' }, '--as is for sockets; over https you are the operator of your token'],
  [2, at, { ...both, socketDir: '.' }, '--socket-dir is for servers on this machine'],
  [2, undefined, { tokenFile: './token' }, '--token-file is for a server at https://HOST:PORT'],
  [2, 'tcp://127.0.0.1:5555', { tlsCa: './ca.pem' }, '--tls-ca is for a server at https://HOST:PORT'],
])('an error is reported before a server is called: %i for %s with %j', async (exitCode, address, named, why) => {
  const said = await refusal(address, named);
  expect(said.why.slice(0, why.length)).toBe(why);
  expect(said).toEqual({ exitCode, why: expect.not.stringContaining('hush') });
});

test('variables of the other way are ignored; the hint to reach the server again has the given options', async () => {
  const folder = newFolder();
  const write = (name: string) => {
    writeFileSync(join(folder, name), files[name] ?? '', { mode: 0o600 });
    return join(folder, name);
  };
  const [tokenFile, tlsCa] = [write('token'), write('ca.pem')];
  const env = { SIGNALBOX_AS: 'ada', SIGNALBOX_SOCKET_DIR: folder, SIGNALBOX_TOKEN_FILE: tokenFile };
  const { as, again } = await findServer(at, { as: 'ada', socketDir: folder, tokenFile, tlsCa }, env);
  expect({ as, again }).toEqual({ as: undefined, again: `${at} --tls-ca ${tlsCa} ` });
  const local = await refusal(undefined, { socketDir: folder, tokenFile }, env);
  expect(local.why).toMatch(/^no server was found in |^other users can enter/);
});

test('without a listening server: 8, in JSON too', async () => {
  const address = `https://localhost:${await freePort()}`;
  const tokenFile = join(newFolder(), 'token');
  writeFileSync(tokenFile, token, { mode: 0o600 });
  await using program = new Program('attach', address, '--token-file', tokenFile, '-c', 'ping', '--output', 'json');
  expect(await program.exitCode()).toBe(8);
  const message = `cannot reach the server at ${address}: nobody listens there`;
  expect(program.err).toEqual([`signalbox: ${message}`]);
  expect(program.json).toMatchObject([
    { type: 'error', code: 'cannot_connect', message },
    { type: 'summary', exitCode: 8 },
  ]);
});
