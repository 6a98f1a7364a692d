import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Program } from '../support/program.ts';

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

test('a client is one process until it runs a program; its watchdog then outlives it', async () => {
  await using server = new Program('server', '--spawn', '1', '--output', 'json');
  server.type('start', 'ping');
  await server.line(/"result".*"ping"/);
  const [client = 0, ...others] = childrenOf(server.child.pid ?? 0);
  expect(others).toEqual([]);
  expect(childrenOf(client)).toEqual([]);
  server.type('run true');
  await server.line(/"result".*"run"/);
  expect(childrenOf(client).map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))).toEqual([
    expect.stringContaining('watchdog'),
  ]);
  server.end();
  expect(await server.exitCode()).toBe(0);
});
