import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createTlsFolder } from '../../../src/tls/tls-folder.ts';
import { freePort } from '../../support/free-port.ts';
import { newFolder } from '../../support/new-folder.ts';
import { main, Program } from '../../support/program.ts';
import { hasTmux, Screen } from '../../support/tmux.ts';

/**
 * A server that asks for client certificates; the client w1, which survives the server; and the operator ada, known by
 * a certificate.
 */
async function openScene() {
  const folder = newFolder();
  const certs = join(folder, 'certs');
  await createTlsFolder(certs, [
    { name: 'server', hosts: ['localhost'], days: 1 },
    { name: 'ada', days: 1 },
    { name: 'eve', days: 1 },
  ]);
  const file = (name: string) => join(certs, name);
  const address = `https://localhost:${await freePort()}`;
  const tls = ['--tls-cert', file('server.pem'), '--tls-key', file('server.key'), '--tls-client-ca', file('ca.pem')];
  const sockets = ['--socket-dir', certs];
  const endpoint = `ipc://${certs}/box`;
  const started = (...args: string[]) => {
    const program = new Program(...args);
    onTestFinished(() => program[Symbol.asyncDispose]());
    return program;
  };
  const start = async () => {
    const store = ['--store', `sqlite:${certs}/jobs.db`, '--log-level', 'debug'];
    const server = started('server', '--headless', '--bind', endpoint, ...store, ...sockets, '--api', address, ...tls);
    await server.line(/"msg":"answering operators"/);
    return server;
  };
  const server = await start();
  started('client', '--connect', endpoint, '--name', 'w1', '--ready', '--allow', 'run,ping');
  await server.line(/"w1","state":"ready"/);
  const add = ['operators', 'add', 'ada', '--role', 'operator', '--certificate', file('ada.pem'), ...sockets];
  expect(spawnSync(process.execPath, [main, ...add]).status).toBe(0);
  const as = (name: string) => [
    ...['attach', address, '--tls-ca', file('ca.pem')],
    ...['--tls-cert', file(`${name}.pem`), '--tls-key', file(`${name}.key`)],
  ];
  return { folder, server, start, started, as };
}

test('with a client certificate over https, a script continues after its server was killed during a job, and gets the output once', {
  timeout: 60_000,
}, async () => {
  const { folder, server, start, started, as } = await openScene();
  const go = join(folder, 'go');
  const wait = `echo one; until [ -e ${go} ]; do sleep 0.1; done; echo two`;
  const script = started(...as('ada'), '-c', `@w1 run sh -c "${wait}"`);
  await script.line(/^w1 \| one$/);
  expect(await started(...as('eve'), '-c', '@w1 ping').exitCode()).toBe(7);
  server.child.kill('SIGKILL');
  await server.exitCode();
  await script.line(/^the server is away/);
  writeFileSync(go, '');
  await start();
  expect(await script.exitCode()).toBe(0);
  expect(script.out).toEqual(['w1 | one', 'w1 | two', expect.stringMatching(/^w1: 1 run completed/)]);
  const said = script.err.filter((line) => line.includes('server is'));
  expect(said).toEqual(['the server is away; waiting for it', 'the server is back; it was restarted']);
});

test.skipIf(!hasTmux)(
  'a prompt over https completes clients and jobs, also those of the next server',
  {
    timeout: 60_000,
  },
  async () => {
    const { server, start, as } = await openScene();
    const screen = await Screen.with([process.execPath, main, ...as('ada')], { columns: 110 });
    onTestFinished(() => screen[Symbol.asyncDispose]());
    await screen.until(/signalbox> +1\/1 ready$/m);
    await screen.keys('@w', 'Tab');
    await screen.until(/^signalbox> @w1 /m);
    await screen.type('run sleep 600');
    await screen.keys('Enter');
    await screen.until(/^1 run → w1$/m);
    server.child.kill('SIGKILL');
    await server.exitCode();
    await screen.until(/^the server is away; waiting for it$/m);
    await start();
    await screen.until(/^the server is back; it was restarted[\s\S]*> +1\/1 ready/m);
    await screen.keys('canc', 'Tab');
    await screen.until(/^signalbox> cancel /m);
    await screen.keys('Tab');
    await screen.until(/^ +1 +run on w1: accepted$/m);
    await screen.type('1');
    await screen.keys('Enter');
    await screen.until(/^✗ w1 {2}1 run +cancelled|w1 {2}1 run +cancelled/m);
  },
);
