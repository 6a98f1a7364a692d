import { expect, test } from 'vitest';
import { Program } from '../support/program.ts';

test('a question without a line break is shown while its program waits for an answer, and the following output continues it', async () => {
  await using server = new Program('server', '--spawn', '1');
  server.type('start', "run sh -c \"trap 'echo yes; exit 0' TERM; printf 'Continue? '; sleep 1000 & wait\"");
  await server.line(/^w1 \| Continue\? $/);
  server.type('signal 2 TERM').end();
  await server.line(/^w1 \|… yes$/);
  expect(await server.exitCode()).toBe(0);
});

test('a script whose input has ended says once what it waits for, and how to continue', async () => {
  await using server = new Program('server', '--spawn', '3');
  server.type('start', 'wait', 'calculate 600 x', '@w2 calculate 600 y').end();
  const said = await server.line(/waiting for/);
  expect(said).toBe('waiting for 4 jobs to end: 2/w[1-3], 3/w2 (Ctrl-C cancels them)');
  expect(server.err).toContain(said);
  server.child.kill('SIGTERM');
  expect(await server.exitCode()).toBe(143);
  expect(server.err.filter((line) => line.includes('waiting for'))).toHaveLength(1);
});

test('with JSON it says so on standard error, and standard output stays JSON', async () => {
  await using server = new Program('server', '--spawn', '1', '--output', 'json', '-c', 'start; calculate 600 x');
  await server.line(/waiting for 1 job to end: 2\/w1/);
  server.child.kill('SIGTERM');
  expect(await server.exitCode()).toBe(143);
  expect(server.json.at(-1)).toMatchObject({ type: 'summary', unfinished: 1 });
});

test('a script in text names clients in natural order, and abbreviates their names', async () => {
  await using server = new Program('server', '--spawn', '11', '-c', 'clients\n@nosuch ping');
  expect(await server.exitCode()).toBe(3);
  const names = server.out.slice(1).map((line) => line.split(' ')[0]);
  expect(names).toEqual(Array.from({ length: 11 }, (_, at) => `w${at + 1}`));
  expect(server.err).toContain("-c, line 2: no client is called 'nosuch' (connected: w[1-11])");
});
