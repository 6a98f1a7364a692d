import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createTlsFolder } from '../../../src/tls/tls-folder.ts';
import { newFolder } from '../../support/new-folder.ts';
import { ChildProgram, main } from '../../support/program.ts';
import { hasTmux, Screen } from '../../support/tmux.ts';
import { canMakeHosts, Hosts, onHost } from './hosts.ts';

/** A server with the client w1 on its own host, and an operator on each of two other hosts. */
async function openHosts() {
  const hosts = new Hosts();
  onTestFinished(() => hosts[Symbol.dispose]());
  const [there, one, two] = [hosts.host('10.0.0.1'), hosts.host('10.0.0.2'), hosts.host('10.0.0.3')];
  const folder = newFolder();
  const certs = join(folder, 'certs');
  await createTlsFolder(certs, [{ name: 'server', hosts: ['10.0.0.1'], days: 1 }]);
  const start = (host: string, ...args: string[]) => {
    const [program = '', ...rest] = onHost(host, process.execPath, main, ...args);
    const child = new ChildProgram(program, rest);
    onTestFinished(() => child[Symbol.asyncDispose]());
    return child;
  };
  const address = 'https://10.0.0.1:8443';
  const sockets = ['--socket-dir', certs];
  const tls = ['--api', address, '--tls-cert', join(certs, 'server.pem'), '--tls-key', join(certs, 'server.key')];
  const bind = ['--bind', `ipc://${certs}/box`, '--store', `sqlite:${certs}/jobs.db`, '--spawn', '1'];
  writeFileSync(join(folder, 'roles.yaml'), 'roles: { pinger: { do: [{ commands: [ping], targets: all }] } }\n');
  const server = start(
    there,
    'server',
    '--headless',
    ...bind,
    ...sockets,
    ...tls,
    '--config',
    join(folder, 'roles.yaml'),
  );
  await server.line(/"msg":"answering operators"/);
  const operators = (...args: string[]) =>
    spawnSync(process.execPath, [main, 'operators', ...args, ...sockets], { encoding: 'utf8' }).stdout;
  const attaching = (name: string) => {
    const secrets = ['--token-file', join(folder, name), '--tls-ca', join(certs, 'ca.pem')];
    return ['attach', address, ...secrets];
  };
  const add = (name: string, role: string) =>
    writeFileSync(join(folder, name), operators('add', name, '--role', role), { mode: 0o600 });
  return { one, two, start, operators, attaching, add };
}

test('operators at prompts on two hosts see only the permitted part of each other, and rotating a token ends its prompt with a message', {
  timeout: 120_000,
}, async ({ skip }) => {
  skip(!hasTmux || !canMakeHosts(), 'needs tmux, and root for network namespaces');
  const { one, two, start, operators, attaching, add } = await openHosts();
  add('ada', 'operator');
  add('bob', 'viewer');
  add('pia', 'pinger');
  const prompt = async (host: string, name: string) => {
    const screen = await Screen.with(onHost(host, process.execPath, main, ...attaching(name)), { columns: 110 });
    onTestFinished(() => screen[Symbol.asyncDispose]());
    await screen.until(/signalbox> +\d\/1 ready$/m);
    return screen;
  };
  const [ada, bob, pia] = [await prompt(one, 'ada'), await prompt(two, 'bob'), await prompt(two, 'pia')];
  await ada.keys('start', 'Enter');
  await bob.until(/^operator:ada: 1 start → w1$[\s\S]*> +1\/1 ready$/m);
  await ada.keys('@w1 run echo quiet-please', 'Enter');
  await ada.until(/^✓ w1 {2}2 run/m);
  const seen = await bob.until(/^operator:ada: 2 run → w1$[\s\S]*✓ w1 {2}2 run/m);
  // The operator sees all output, but no arguments.
  expect(seen.join('\n')).not.toContain('echo quiet-please');
  await ada.keys('@w1 ping', 'Enter');
  await bob.until(/^operator:ada: 3 ping → w1$/m);
  const told = (await pia.until(/^operator:ada: 3 ping → w1$[\s\S]*✓ w1 {2}3 ping/m)).join('\n');
  expect(told).not.toMatch(/run|start →|quiet-please/);
  await bob.keys('@w1 ping', 'Enter');
  await bob.until(/may not send ping|not_allowed/);

  operators('rotate', 'bob');
  await bob.until(/^the credentials of bob are no longer valid$[\s\S]*exit code 7/m);
  const again = start(two, ...attaching('bob'), '-c', 'clients');
  expect(await again.exitCode()).toBe(7);
  await ada.keys('@w1 ping', 'Enter');
  await ada.until(/^✓ w1 {2}4 ping/m);
  await pia.until(/^operator:ada: 4 ping → w1$/m);
});
