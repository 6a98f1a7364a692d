import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newFolder } from '../support/new-folder.ts';
import { Program } from '../support/program.ts';

/** A server with a store and an audit in a folder, which can be restarted there. */
class Scene {
  readonly folder = newFolder();
  readonly config = join(this.folder, 'signalbox.yaml');

  async server(...more: string[]): Promise<Program> {
    const bind = `ipc://${this.folder}/server.sock`;
    const files = ['--socket-dir', this.folder, '--audit', join(this.folder, 'audit'), '--config', this.config];
    const program = new Program('server', '--headless', '--bind', bind, ...files, ...more);
    await program.line(/answering programs/);
    return program;
  }

  /** A server with a configuration file. */
  async durable(): Promise<Program> {
    return await this.server('--store', `sqlite:${join(this.folder, 'store.db')}`);
  }

  async operators(...args: string[]) {
    await using program = new Program('operators', ...args, '--socket-dir', this.folder, '--as', 'root');
    const exitCode = await program.exitCode();
    return { exitCode, out: program.out, err: program.err.join('\n') };
  }

  async list() {
    const { out } = await this.operators('list', '--output', 'json');
    return out.map((line) => JSON.parse(line));
  }

  audited(): Record<string, unknown>[] {
    const lines = readFileSync(join(this.folder, 'audit'), 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line)).filter(({ event }) => event.startsWith('operator-'));
  }

  /** The names of files with a certificate, its key, and another certificate of the same key. */
  certificates(name: string) {
    const path = (end: string) => join(this.folder, `${name}.${end}`);
    const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', path('key'));
    for (const end of ['pem', 'renewed.pem']) {
      openssl('req', '-x509', '-key', path('key'), '-subj', `/CN=${end}`, '-out', path(end));
    }
    return { certificate: path('pem'), key: path('key'), renewed: path('renewed.pem') };
  }
}

function openScene(config = ''): Scene {
  const scene = new Scene();
  writeFileSync(scene.config, config);
  return scene;
}

test('operators are added, listed, rotated and removed over the socket, and survive kill -9', async () => {
  const scene = openScene('roles:\n  tester:\n    see: [{ targets: all }]\n');
  const first = await scene.durable();
  const ada = await scene.operators('add', 'ada', '--role', 'tester', '--expires', '90d');
  expect(ada).toMatchObject({ exitCode: 0, out: [expect.stringMatching(/^sbx_[\w-]{43}$/)] });
  expect(ada.err).toMatch(/^ada may sign in as tester until \d{4}-.*Z; its token is shown only once$/);
  const bob = await scene.operators('add', 'bob', '--role', 'admin', '--output', 'json');
  expect(bob.out.map((line) => JSON.parse(line))).toEqual([
    {
      ...{ name: 'bob', role: 'admin', addedBy: 'local:root', addedMs: expect.any(Number) },
      token: expect.stringMatching(/^sbx_/),
    },
  ]);
  first.child.kill('SIGKILL');
  await first.exitCode();

  await using second = await scene.durable();
  expect(await scene.list()).toMatchObject([
    { name: 'ada', role: 'tester', expiresMs: expect.any(Number), addedBy: 'local:root' },
    { name: 'bob', role: 'admin' },
  ]);
  const table = await scene.operators('list');
  expect(table.out[0]).toMatch(/^NAME +ROLE +EXPIRES +LAST SEEN +ADDED +BY +SIGNS IN WITH$/);
  expect(table.out[2]).toMatch(/^bob +admin +- +- +\S+Z +local:root +token$/);
  const rotated = await scene.operators('rotate', 'ada');
  expect([rotated.exitCode, rotated.out.length, rotated.out[0] === ada.out[0]]).toEqual([0, 1, false]);
  expect(await scene.operators('remove', 'bob')).toMatchObject({ exitCode: 0, out: [] });
  expect((await scene.list()).map(({ name }) => name)).toEqual(['ada']);
  await second.line(/"operator removed"/);

  const actor = 'local:root';
  await expect
    .poll(() => scene.audited(), { timeout: 30_000 })
    .toMatchObject([
      { event: 'operator-added', operator: 'ada', role: 'tester', signsInWith: 'token', actor },
      { event: 'operator-added', operator: 'bob', role: 'admin', signsInWith: 'token', actor },
      { event: 'operator-rotated', operator: 'ada', signsInWith: 'token', actor },
      { event: 'operator-removed', operator: 'bob', actor },
    ]);
  const tokens = [ada.out[0], rotated.out[0], JSON.parse(bob.out[0] ?? '{}').token];
  const kept = ['audit', 'store.db', 'store.db-wal'].map((name) => readFileSync(join(scene.folder, name), 'latin1'));
  for (const token of tokens) expect(kept.some((text) => text.includes(token))).toBe(false);
});

test('a client certificate is identified by its key, which belongs to one operator', async () => {
  const scene = openScene();
  await using _server = await scene.durable();
  const { certificate, key, renewed } = scene.certificates('one');
  const added = await scene.operators('add', 'ada', '--role', 'viewer', '--certificate', certificate);
  expect(added).toMatchObject({ exitCode: 0, out: [] });
  expect(added.err).toMatch(/^ada may sign in as viewer; with the key [0-9a-f]{64}$/);
  const again = await scene.operators('add', 'eve', '--role', 'viewer', '--certificate', renewed);
  expect(again).toMatchObject({ exitCode: 2, err: expect.stringContaining('belongs to operator ada') });
  const secret = await scene.operators('add', 'eve', '--role', 'viewer', '--certificate', key);
  expect(secret).toMatchObject({ exitCode: 2, err: expect.stringContaining('contains a private key') });
  const other = scene.certificates('two');
  expect(await scene.operators('rotate', 'ada', '--certificate', other.certificate)).toMatchObject({
    exitCode: 0,
    out: [],
  });
  expect((await scene.operators('add', 'eve', '--role', 'viewer', '--certificate', certificate)).exitCode).toBe(0);
  expect((await scene.operators('rotate', 'ada')).out).toHaveLength(1);
});

test('errors are explained, and nothing is added', async () => {
  const scene = openScene();
  const none = await scene.operators('list');
  expect(none).toMatchObject({ exitCode: 8, err: expect.stringContaining('start one: signalbox server --headless') });
  await using _server = await scene.durable();
  writeFileSync(join(scene.folder, 'text'), 'no certificate');
  const wrong: [string[], RegExp][] = [
    [['add', 'ada', '--role', 'boss'], /there is no role boss; known: viewer, operator, admin/],
    [['add', 'ada'], /--role <role>/],
    [['add', 'Ada', '--role', 'viewer'], /'Ada' is not a valid name/],
    [['add', 'ada', '--role', 'viewer', '--expires', '2020-01-31'], /that time is in the past/],
    [['add', 'ada', '--role', 'viewer', '--expires', '0s'], /that time is in the past/],
    [['add', 'ada', '--role', 'viewer', '--expires', 'soon'], /a duration such as .* or a time such as 2031-01-31/],
    [['add', 'ada', '--role', 'viewer', '--certificate', join(scene.folder, 'text')], /contains no PEM certificate/],
    [['add', 'ada', '--role', 'viewer', '--certificate', join(scene.folder, 'away')], /cannot be read/],
    [['remove', 'ada'], /there is no operator ada; known: none/],
    [['rotate', 'ada'], /there is no operator ada; known: none/],
  ];
  for (const [args, why] of wrong) {
    const refused = await scene.operators(...args);
    expect([refused.exitCode, refused.out], args.join(' ')).toEqual([2, []]);
    expect(refused.err).toMatch(why);
  }
  expect(await scene.list()).toEqual([]);
});

test('a server that keeps its jobs in memory says that operators need a store', async () => {
  const scene = openScene();
  await using _server = await scene.server('--store', 'memory');
  for (const args of [['list'], ['add', 'ada', '--role', 'viewer']]) {
    const refused = await scene.operators(...args);
    expect(refused).toMatchObject({
      exitCode: 2,
      out: [],
      err: expect.stringContaining('start the server with --store sqlite'),
    });
  }
});

test('HUP reloads roles; a wrong role changes nothing on reload and prevents a start', async () => {
  const scene = openScene('roles:\n  mine: {}\n');
  await using server = await scene.durable();
  await scene.operators('add', 'ada', '--role', 'mine');
  writeFileSync(scene.config, 'roles:\n  mine:\n    see: [{ targets: online }]\n');
  server.child.kill('SIGHUP');
  await server.line(/roles were not changed: the role mine is not valid: see 1: 'online'/);
  expect((await scene.operators('add', 'bob', '--role', 'mine')).exitCode).toBe(0);
  writeFileSync(scene.config, 'roles:\n  other: {}\n');
  server.child.kill('SIGHUP');
  await expect
    .poll(async () => (await scene.operators('add', 'eve', '--role', 'other')).exitCode, { timeout: 30_000 })
    .toBe(0);
  expect(await scene.list()).toMatchObject([{ isWithoutRole: true }, { isWithoutRole: true }, { name: 'eve' }]);
  writeFileSync(scene.config, 'roles:\n  mine:\n    see: [{ targets: online }]\n');
  await using next = new Program('server', '--headless', '--config', scene.config, '--store', 'memory');
  expect(await next.exitCode()).toBe(2);
  expect(next.err.join('\n')).toContain("the role mine is not valid: see 1: 'online'");
});

test('the roles of the documentation are valid', async () => {
  const scene = openScene(readFileSync(new URL('../../examples/operators/signalbox.yaml', import.meta.url), 'utf8'));
  await using _server = await scene.durable();
  for (const role of ['tester', 'web-watch', 'release', 'dashboard']) {
    expect((await scene.operators('add', `a-${role}`, '--role', role)).exitCode).toBe(0);
  }
});
