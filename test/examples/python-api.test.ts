import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { socketPaths } from '../../src/api/socket-paths.ts';
import { python } from '../api/python-caller.ts';
import { freeEndpoint } from '../support/free-port.ts';
import { newFolder } from '../support/new-folder.ts';
import { Program } from '../support/program.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('the example in Python runs a program on every client, as docs/api.md shows', async ({ skip }) => {
  skip(!python, 'no python3 here has grpc: apt-get install python3-grpcio python3-protobuf');
  const folder = newFolder();
  const bind = await freeEndpoint();
  const { grpc } = socketPaths(folder, bind);
  await using server = new Program(
    'server',
    '--bind',
    bind,
    '--spawn',
    '2',
    '--socket-dir',
    folder,
    '--output',
    'json',
  );
  server.type('wait --clients 2', 'start');
  await server.line(/"outcome":"completed"/);
  await server.line(/"client":"w2".*"outcome":"completed"|"outcome":"completed".*"client":"w2"/);
  expect(existsSync(grpc)).toBe(true);
  const args = [
    '-B',
    `${root}examples/python-api/run.py`,
    grpc,
    `${root}schemas/api/signalbox.binpb`,
    'all',
    'echo',
    'hello',
  ];
  const run = (given: string[]) => spawnSync(python ?? 'python3', given, { encoding: 'utf8', timeout: 30_000 });
  expect(run(args.slice(0, 3))).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('required: descriptors, target, program'),
  });
  const ran = run(args);
  expect(ran.stderr).toBe('');
  expect(ran.stdout.trim().split('\n').sort()).toEqual(['hello', 'hello', 'w1 completed', 'w2 completed']);
  server.end();
  expect(await server.exitCode()).toBe(0);
  expect(existsSync(grpc)).toBe(false);
});
