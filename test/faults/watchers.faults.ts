import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ping } from '../../schemas/commands/ping.ts';
import { serveApi } from '../../src/api/serve.ts';
import { socketPaths } from '../../src/api/socket-paths.ts';
import { openPair } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';

const watchers = 200;
const eventsPerSecond = 1_000;
const seconds = 4;

test('200 watchers of 1,000 events a second in JSON get each once, and the heartbeats of clients stay on time', async () => {
  await using pair = await openPair();
  const { server } = pair;
  const paths = socketPaths(newFolder(), server.endpoint);
  await using _ = await serveApi(server, paths);
  const script = fileURLToPath(new URL('./watchers.ts', import.meta.url));
  const child = fork(script, [paths.connect, String(watchers)]);
  await once(child, 'message');
  const before = server.told.all.length;
  const cpu = process.cpuUsage();
  // A ping makes three events.
  for (let sent = 0; sent < (eventsPerSecond / 3) * seconds; sent += eventsPerSecond / 30) {
    for (let now = 0; now < eventsPerSecond / 30; now += 1) void server.submit('w1', ping, {});
    await setTimeout(100);
  }
  await (await server.submit('w1', ping, {})).outcomes;
  const { user, system } = process.cpuUsage(cpu);
  const seqs = server.told.all.slice(before).flatMap((event) => ('seq' in event ? event.seq : []));
  child.send(seqs.at(-1) ?? 0);
  const [got] = await once(child, 'message');
  child.kill();
  process.stderr.write(
    `${watchers} watchers: ${Math.round((user + system) / seqs.length)} µs of CPU for each of ${seqs.length} events\n`,
  );
  const wanted = { count: seqs.length, first: seqs[0], last: seqs.at(-1) };
  expect(got).toEqual(Array.from({ length: watchers }, () => wanted));
  expect(server.told.of('client.left')).toEqual([]);
  const states = server.told.of('client.state').map(({ state }) => state);
  expect(states).not.toContain('unresponsive');
});
