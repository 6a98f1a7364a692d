import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { calculate } from '../../schemas/commands/calculate.ts';
import { residentBytes } from '../faults/process-stat.ts';
import { openServer } from '../library/support.ts';
import { main } from './program.ts';

const jobs = 3_000;
const message = 'x'.repeat(60_000);

/** A client whose standard output nobody reads yet. */
async function startClient(endpoint: string): Promise<ChildProcess> {
  const args = [main, 'client', '--connect', endpoint, '--name', 'w1', '--ready', '--quiet'];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

test('a client whose output nobody reads does not grow, and says how many lines it dropped once somebody does', async () => {
  await using server = await openServer();
  const client = await startClient(server.endpoint);
  const exited = once(client, 'exit');
  try {
    await server.waitForClients(1);
    const work = async (count: number) => {
      for (let sent = 0; sent < count; sent += 50) {
        const groups = Array.from({ length: 50 }, () => server.send('w1', calculate, { seconds: 0, message }));
        const outcomes = await Promise.all(groups.map((group) => group.outcomes));
        expect(outcomes.flat().every(({ outcome }) => outcome === 'completed')).toBe(true);
      }
    };
    // Up to here the heap of the client finds its size.
    await work(jobs / 3);
    const beforeBytes = residentBytes(client.pid ?? 0);
    await work((2 * jobs) / 3);
    expect(residentBytes(client.pid ?? 0) - beforeBytes).toBeLessThan(jobs * message.length * 0.4);
    if (!client.stdout) throw new Error('no pipe');
    let printed = 0;
    let dropped = 0;
    for await (const line of createInterface({ input: client.stdout })) {
      const counted = /^… (\d+) lines were dropped/.exec(line);
      if (counted) dropped = Number(counted[1]);
      else printed += 1;
      if (counted) break;
    }
    expect(dropped).toBeGreaterThan(jobs / 2);
    expect(printed + dropped).toBe(jobs);
  } finally {
    client.kill('SIGKILL');
    await exited;
  }
});
