import { expect, test } from 'vitest';
import { Program } from '../support/program.ts';

test('clients that have not finished when the time of --wait is over are named, and the script ends with 5', async () => {
  await using server = new Program('server', '--spawn', '3', '--output', 'json');
  server.type('start', 'clients');
  await server.line(/"name":"w3"/);
  const pids = new Map(server.json.map(({ name, pid }) => [name, Number(pid)]));
  const frozen = ['w1', 'w3'].map((name) => pids.get(name) ?? 0);
  for (const pid of frozen) process.kill(pid, 'SIGSTOP');
  server.type('ping --wait 1s', 'ping').end();
  const summary = JSON.parse(await server.line(/"summary"/));
  for (const pid of frozen) process.kill(pid, 'SIGCONT');
  expect(await server.exitCode()).toBe(5);
  // One for each `start`, and one for the answered ping. The second ping is not sent.
  expect(summary).toMatchObject({ completed: 4, unfinished: 2, exitCode: 5 });
  const group = server.about('group', 'ping');
  expect(group).toMatchObject([{ clients: 3, names: { completed: ['w2'], silent: ['w1', 'w3'] } }]);
  expect(server.json.find(({ type }) => type === 'error')).toMatchObject({ code: 'timed_out', line: 3 });
});
