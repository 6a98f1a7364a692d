import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SignalboxError } from '../../schemas/errors.ts';
import { findServer } from '../../src/program/attach/find-server.ts';
import { contextsPath } from '../../src/program/context/contexts-path.ts';
import { newFolder } from '../support/new-folder.ts';
import { main } from '../support/program.ts';

/** A user with a token and no contexts. */
function newUser() {
  const home = newFolder();
  const env = { ...process.env, XDG_CONFIG_HOME: home };
  const token = join(home, 'token');
  writeFileSync(token, 'sbx_hush', { mode: 0o600 });
  const context = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'context', ...args], {
      encoding: 'utf8',
      env,
    });
    return { status, stdout, stderr };
  };
  return { env, token, context, file: contextsPath(env) ?? '' };
}

test('contexts are added, used, listed and removed, in a file that only the owner can read and that has no token', async () => {
  const { env, token, context, file } = newUser();
  expect(context('list').stdout).toContain('no contexts');
  for (const name of ['prod', 'stage']) {
    expect(context('add', name, `https://${name}.example:8443`, '--token-file', token)).toMatchObject({ status: 0 });
  }
  expect(context('add', 'prod', 'https://x.example', '--token-file', token)).toMatchObject({ status: 2 });
  expect(context('add', 'bad', 'https://x.example', '--token-file', `${token}.none`)).toMatchObject({ status: 7 });
  expect(context('use', 'nope').stderr).toContain("there is no context 'nope'; there are: prod, stage");
  expect(context('use', 'prod')).toMatchObject({ status: 0 });
  expect([statSync(file).mode & 0o777, statSync(join(file, '..')).mode & 0o777]).toEqual([0o600, 0o700]);
  expect(readFileSync(file, 'utf8')).not.toContain('hush');
  const listed = context('list', '--json').stdout.trim().split('\n');
  expect(listed.map((line) => JSON.parse(line))).toMatchObject([
    { name: 'prod', address: 'https://prod.example:8443', tokenFile: token, inUse: true },
    { name: 'stage', inUse: false },
  ]);

  const decided = async (...given: Parameters<typeof findServer>) => (await findServer(...given)).decided;
  expect(await decided(undefined, {}, env)).toBe('context prod: https://prod.example:8443');
  expect(await decided(undefined, { context: 'stage' }, env)).toBe('context stage: https://stage.example:8443');
  expect(await decided('https://x.example', { tokenFile: token }, env)).toBeUndefined();
  const { again } = await findServer(undefined, { context: 'stage' }, env);
  expect(again).toBe('--context stage ');
  const local = await findServer(undefined, { socketDir: newFolder() }, env).catch((error) => error);
  expect(local).toMatchObject({ message: expect.stringContaining('no server was found') });
  const both = await findServer('https://x.example', { context: 'stage', tokenFile: token }, env).catch(
    (error) => error,
  );
  expect(both).toMatchObject({ code: 'bad_usage' });

  expect(context('remove', 'prod')).toMatchObject({ status: 0 });
  expect(context('use')).toMatchObject({ status: 0 });
  expect(JSON.parse(context('list', '--json').stdout)).toMatchObject({ name: 'stage', inUse: false });
});

test('a file of contexts that others can read, or that is not a file, is refused', async () => {
  const { env, token, context, file } = newUser();
  context('add', 'prod', 'https://prod.example', '--token-file', token);
  chmodSync(file, 0o644);
  const refused = () =>
    findServer(undefined, { context: 'prod' }, env).catch((error) => SignalboxError.from(error, 'internal'));
  expect(await refused()).toMatchObject({ code: 'not_allowed', message: expect.stringContaining('others can read') });
  chmodSync(file, 0o600);
  writeFileSync(file, '{"version": 1, "contexts": {"prod": {"token": "x"}}}');
  expect(await refused()).toMatchObject({ code: 'not_allowed' });
  expect(context('use', 'prod')).toMatchObject({ status: 7 });
});

test('the token of the environment is not sent to the server of a context that has its own', async () => {
  const { env, token, context } = newUser();
  const elsewhere = `${token}.elsewhere`;
  writeFileSync(elsewhere, 'sbx_elsewhere', { mode: 0o600 });
  context('add', 'prod', 'https://prod.example', '--token-file', token);
  const sent = async (tokenFile: string, SIGNALBOX_TOKEN_FILE?: string) => {
    const { path } = await findServer(undefined, { context: 'prod', tokenFile }, { ...env, SIGNALBOX_TOKEN_FILE });
    return typeof path === 'string' ? undefined : path.headers.authorization;
  };
  expect(await sent(elsewhere, elsewhere)).toBe('Bearer sbx_hush');
  expect(await sent(elsewhere)).toBe('Bearer sbx_elsewhere');
});

test('files left by a killed signalbox context are named, with advice', () => {
  const { token, context, file } = newUser();
  context('add', 'prod', 'https://prod.example', '--token-file', token);
  writeFileSync(`${file}.new`, '');
  const { status, stderr } = context('use', 'prod');
  expect({ status, stderr }).toEqual({
    status: 7,
    stderr: expect.stringContaining(`cannot create ${file}.new, contexts are unchanged: it exists: another`),
  });
});
