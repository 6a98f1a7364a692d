import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeCertificates } from '../../engine/support/certificates.ts';
import { freePort } from '../../support/free-port.ts';
import { newFolder } from '../../support/new-folder.ts';
import { ChildProgram, Program } from '../../support/program.ts';
import { PresenceProgram } from './presence-programs.ts';

const patience = { timeout: 15_000 };
const hasHaproxy = (() => {
  try {
    execFileSync('haproxy', ['-v']);
    return true;
  } catch {
    return false;
  }
})();

/** The proxy of examples/presence, in front of services at fixed addresses. */
async function startProxy(folder: string, services: Readonly<Record<'gateway' | 'status', string>>) {
  await makeCertificates(folder);
  const pem = ['server.pem', 'server-key.pem'].map((name) => readFileSync(join(folder, name), 'utf8')).join('');
  writeFileSync(join(folder, 'proxy.pem'), pem);
  const address = `127.0.0.1:${await freePort()}`;
  const example = readFileSync(new URL('../../../examples/presence/haproxy.cfg', import.meta.url), 'utf8');
  const file = join(folder, 'haproxy.cfg');
  const config = example
    .replace('bind :5560', `bind ${address}`)
    .replace('/tls/', `${folder}/`)
    .replace(' resolvers engine init-addr none', '')
    .replace(/^resolvers[\s\S]*?^$/m, '')
    .replaceAll(/server-template (\w+)-.*/g, (_, name: 'gateway' | 'status') => `server ${name} ${services[name]}`);
  writeFileSync(file, config);
  return { address, program: new ChildProgram('haproxy', ['-db', '-f', file]) };
}

test.skipIf(!hasHaproxy)(
  'users wait at HAProxy until it has a gateway, and the count is available at the same port',
  async () => {
    const folder = newFolder();
    const [gateway, status] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    const { address, program } = await startProxy(folder, { gateway, status });
    await using _ = program;
    await expect.poll(() => program.out.join('\n'), patience).toMatch(/backend gateways has no server/);
    const tls = ['--connect', address, '--tls-ca', join(folder, 'ca.pem')];
    await using users = new Program('presence', 'user', ...tls, '--id', 'u', '--count', '20');
    expect(await users.line(/^0 of 20 /)).toMatch(/: HTTP status 503; trying again$/);

    const server = ['server', '--headless', '--bind', 'tcp://127.0.0.1:*', '--presence'];
    await using first = await PresenceProgram.listening(...server, gateway);
    await using second = await PresenceProgram.listening(...server, status);
    await users.line(/^20 of 20 /);
    // This one has no users, so the other one is not asked.
    await using count = new Program('presence', 'count', ...tls);
    expect(await count.exitCode()).toBe(0);
    expect(count.out).toEqual(['0']);
    for (const one of [first, second]) await one.terminate();
  },
);
