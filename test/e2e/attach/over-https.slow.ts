import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createTlsFolder } from '../../../src/tls/tls-folder.ts';
import { freePort } from '../../support/free-port.ts';
import { newFolder } from '../../support/new-folder.ts';
import { main, Program } from '../../support/program.ts';

test('two operators attach over TLS, each sees only the permitted part of the other, and rotating a token ends its attach with 7', async () => {
  const folder = newFolder();
  const certs = join(folder, 'certs');
  await createTlsFolder(certs, [{ name: 'server', hosts: ['localhost'], days: 1 }]);
  const address = `https://localhost:${await freePort()}`;
  const tls = ['--api', address, '--tls-cert', join(certs, 'server.pem'), '--tls-key', join(certs, 'server.key')];
  const sockets = ['--socket-dir', certs];
  const bind = ['--bind', `ipc://${certs}/box`, '--store', `sqlite:${certs}/jobs.db`, '--spawn', '1'];
  const server = new Program('server', '--headless', ...bind, ...sockets, ...tls);
  onTestFinished(() => server[Symbol.asyncDispose]());
  await server.line(/"msg":"answering operators"/);

  const operators = (...args: string[]) =>
    spawnSync(process.execPath, [main, 'operators', ...args, ...sockets], { encoding: 'utf8' }).stdout;
  const attach = (name: string, ...args: string[]) => {
    const file = ['--token-file', join(folder, name), '--tls-ca', join(certs, 'ca.pem')];
    const program = new Program('attach', address, ...file, '--output', 'json', ...args);
    onTestFinished(() => program[Symbol.asyncDispose]());
    return program;
  };
  for (const [name, role] of [['ada', 'operator'] as const, ['bob', 'viewer'] as const]) {
    writeFileSync(join(folder, name), operators('add', name, '--role', role), { mode: 0o600 });
  }
  const bob = attach('bob', '--events');
  bob.type('clients');
  await bob.line(/"w1"/);
  expect(await attach('ada', '-c', 'start; @w1 run echo quiet-please').exitCode()).toBe(0);
  const seen = await bob.line(/"actor":"operator:ada[^"]*".*"run"|"run".*"actor":"operator:ada/);
  expect(seen).not.toContain('quiet-please');
  expect(await attach('bob', '-c', '@w1 ping').exitCode()).toBe(7);

  const before = attach('ada', '-c', '@w1 ping');
  expect(await before.exitCode()).toBe(0);
  operators('rotate', 'bob');
  expect(await bob.exitCode()).toBe(7);
  expect(await attach('bob', '-c', 'clients').exitCode()).toBe(7);
  expect(await attach('ada', '-c', '@w1 ping').exitCode()).toBe(0);
});
