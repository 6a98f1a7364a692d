import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freeEndpoint } from '../support/free-port.ts';
import { createKeyFolder } from '../support/key-folder.ts';
import { newFolder } from '../support/new-folder.ts';
import { Program } from '../support/program.ts';
import { plainServer } from '../support/raw-peers.ts';
import { zmtpGreeting } from '../support/zmtp.ts';

/** The folder of the keys of a test. */
function keyFolder(): string {
  const folder = newFolder();
  return join(folder, 'keys');
}

/** Runs `signalbox keys …`. */
async function keys(...args: string[]) {
  await using program = new Program('keys', ...args);
  return { exitCode: await program.exitCode(), out: program.out, err: program.err };
}

test('init, add, list and revoke report what they did, as text and as JSON', async () => {
  const folder = keyFolder();
  const at = ['--keys', folder];
  expect((await keys('add', 'w1', ...at)).err).toEqual([
    `signalbox: there are no keys in ${folder}; run: signalbox keys init --keys ${folder}`,
  ]);
  expect((await keys('init', ...at)).out.at(-1)).toBe(`next: signalbox keys add NAME --keys ${folder}`);
  expect(await keys('init', ...at)).toMatchObject({ exitCode: 2 });
  const credentials = `${folder}/credentials/w1.json`;
  const added = JSON.parse((await keys('add', 'w1', '--json', ...at)).out.join());
  expect(added).toEqual({ name: 'w1', replicas: false, credentials });
  expect((await keys('add', 'web', '--replicas', ...at)).exitCode).toBe(0);
  const listed = (await keys('list', '--json', ...at)).out.map((line) => JSON.parse(line));
  expect(listed).toMatchObject([{ name: 'w1' }, { name: 'web', replicas: true }]);
  expect((await keys('list', ...at)).out.map((line) => line.split(/ {2,}/)[0])).toEqual(['NAME', 'w1', 'web web-*']);
  const labelled = await keys('add', 'db', '--label', 'env=prod', '--label', 'site=eu-1', '--json', ...at);
  expect(JSON.parse(labelled.out.join())).toMatchObject({ name: 'db', labels: { env: 'prod', site: 'eu-1' } });
  const shown = (await keys('list', ...at)).out.map((line) => line.split(/ {2,}/)[3]);
  expect(shown).toEqual(['LABELS', 'env=prod site=eu-1', '-', '-']);
  expect(await keys('add', 'db2', '--label', 'env', ...at)).toMatchObject({ exitCode: 2 });
  expect(await keys('revoke', 'w1', ...at)).toMatchObject({ exitCode: 0, out: ['w1 may no longer join'] });
  const several = await keys('add', 'm[1-3]', 'w1', '--json', ...at);
  expect(several.out.map((line) => JSON.parse(line).name)).toEqual(['m1', 'm2', 'm3', 'w1']);
  expect(await keys('add', 'm[3-4]', ...at)).toMatchObject({ exitCode: 2 });
  expect(await keys('revoke', 'm[1-3]', ...at)).toMatchObject({ exitCode: 0, out: ['m[1-3] may no longer join'] });
  expect(await keys('revoke', 'm1', ...at)).toMatchObject({ exitCode: 2 });
  expect(await keys('add', '../w1', ...at)).toMatchObject({ exitCode: 2 });
});

test('an address that others can reach: 7 without keys, with the commands that make them; with keys it is used', async () => {
  const folder = keyFolder();
  const bind = (await freeEndpoint()).replace('127.0.0.1', '0.0.0.0');
  await using open = new Program('server', '--bind', bind, '-c', 'ping');
  expect(await open.exitCode()).toBe(7);
  expect(open.err.join('\n')).toMatch(/signalbox keys init --keys keys\n +signalbox keys add w1 --keys keys/);
  const connect = bind.replace('0.0.0.0', '127.0.0.1');
  await keys('init', '--keys', folder);
  await using server = new Program('server', '--keys', folder, '--bind', bind, '--output', 'json', '-c', 'ping');
  await keys('add', 'w1', '--keys', folder);
  const credentials = `${folder}/credentials/w1.json`;
  await using _ = new Program('client', '--connect', connect, '--credentials', credentials, '--ready');
  expect(await server.exitCode()).toBe(0);
  expect(server.about('result', 'ping')).toMatchObject([{ client: 'w1', outcome: 'completed' }]);
});

test('a client of an address that others can reach needs credentials: 7', async () => {
  await using client = new Program('client', '--connect', 'tcp://192.0.2.1:5555', '--name', 'w1');
  expect(await client.exitCode()).toBe(7);
  expect(client.err.join('\n')).toContain('--credentials FILE');
});

test('a client added while the server runs gets in, a revoked one is out within a second, and the audit log records both', async () => {
  const folder = keyFolder();
  const audit = join(folder, '..', 'audit.log');
  const endpoint = await freeEndpoint();
  await keys('init', '--keys', folder);
  const flags = ['--keys', folder, '--bind', endpoint, '--audit', audit, '--output', 'json', '--keep-going'];
  await using server = new Program('server', ...flags);
  server.type('calculate 600 x');
  await keys('add', 'w1', '--keys', folder);
  const credentials = `${folder}/credentials/w1.json`;
  await using client = new Program('client', '--connect', endpoint, '--credentials', credentials, '--ready');
  await server.line(/"accepted"/);
  const revoked = keys('revoke', 'w1', '--keys', folder);
  expect(JSON.parse(await server.line(/"lost"/))).toMatchObject({
    error: { message: 'the credentials of w1 were revoked' },
  });
  await revoked;
  await client.line(/the credentials of w1 were revoked; trying again/);
  server.end();
  expect(await server.exitCode()).toBe(6);
  expect(statSync(audit).mode & 0o777).toBe(0o600);
  const audited = readFileSync(audit, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  // A client that connects before the server has read the list is refused, and retries.
  const records = audited.slice(audited.findIndex(({ event, allowed }) => event === 'handshake' && allowed));
  expect(records.map(({ event }) => event).slice(0, 5)).toEqual(['handshake', 'joined', 'sent', 'outcome', 'left']);
  expect(records[3]).toMatchObject({ client: 'w1', command: 'calculate', outcome: 'lost', ts: expect.any(Number) });
});

test('--spawn and --keys exclude each other: 2', async () => {
  const folder = keyFolder();
  await keys('init', '--keys', folder);
  await using server = new Program('server', '--keys', folder, '--spawn', '1', '-c', 'ping');
  expect(await server.exitCode()).toBe(2);
});

test('if the server has no keys, a client with credentials says so once, however the handshake fails', async () => {
  using folder = createKeyFolder('w1');
  let connections = 0;
  const tried = Promise.withResolvers<void>();
  // The error of libzmq depends on how much it has read when the peer closes the connection.
  await using server = await plainServer((socket) => {
    connections += 1;
    if (connections === 9) tried.resolve();
    if (connections % 3 === 0) socket.write(zmtpGreeting);
    else socket.once('data', () => (connections % 3 === 1 ? socket.destroy() : socket.resetAndDestroy()));
  });
  await using client = new Program('client', '--connect', server.endpoint, '--credentials', folder.of('w1'));
  await tried.promise;
  client.child.kill('SIGTERM');
  expect(await client.exitCode()).toBe(0);
  const why = 'it closed the connection: it has no keys, or other keys than these credentials expect';
  expect(client.err.filter((line) => line.includes('trying again'))).toEqual([
    `w1: cannot reach ${server.endpoint}: ${why}; start it with --keys, or use its credentials; trying again`,
  ]);
});
