import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { newFolder } from '../support/new-folder.ts';
import { ChildProgram } from '../support/program.ts';
import { metricsUrl } from './prometheus.ts';

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Runs a server and reports which of these packages it has loaded, and on how many TCP ports it listens. */
async function run(...flags: string[]) {
  const folder = newFolder();
  const file = join(folder, 'loaded');
  const program = ['--import', pathOf('./loaded.ts'), pathOf('../../src/main.ts'), 'server', '--spawn', '1'];
  const log = flags.includes('--log') ? [join(folder, 'log')] : [];
  await using server = new ChildProgram('env', [`LOADED=${file}`, process.execPath, ...program, ...flags, ...log]);
  server.type('start', 'ping');
  await server.line(/ping completed/);
  if (flags.includes('--metrics')) await metricsUrl(server);
  const ports = listeners(server.child.pid);
  server.end();
  expect(await server.exitCode()).toBe(0);
  const loaded = readFileSync(file, 'utf8');
  expect(loaded).toContain('/node_modules/xstate/');
  return {
    ports,
    packages: ['prom-client', 'pino', '@opentelemetry/sdk-trace-base'].filter((name) =>
      loaded.includes(`/node_modules/${name}/`),
    ),
  };
}

/** The number of listening TCP sockets of a process. */
function listeners(pid: number | undefined): number {
  const folder = `/proc/${pid}`;
  const files = readdirSync(`${folder}/fd`).map((fd) => readlinkSync(`${folder}/fd/${fd}`));
  const sockets = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`${folder}/net/${name}`, 'utf8').split('\n').slice(1));
  return sockets.filter((line) => {
    const [, , , state, , , , , , inode] = line.trim().split(/\s+/);
    return state === '0A' && files.includes(`socket:[${inode}]`);
  }).length;
}

test.each([
  { flags: [], ports: 0, packages: [] },
  { flags: ['--metrics', ':0'], ports: 1, packages: ['prom-client'] },
  { flags: ['--log'], ports: 0, packages: ['pino'] },
  { flags: ['--traces', 'http://127.0.0.1:9'], ports: 0, packages: ['@opentelemetry/sdk-trace-base'] },
])('with $flags a server loads $packages and listens on $ports tcp ports', async ({ flags, ports, packages }) => {
  expect(await run(...flags)).toEqual({ ports, packages });
});
