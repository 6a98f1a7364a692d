import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { calculate } from '../../schemas/commands/calculate.ts';
import { openServer } from '../support/library.ts';
import { main } from '../support/program.ts';

const jobs = 200;
const message = 'x'.repeat(60_000);
/** The buffer of the client, plus what is in the pipe and in this process. */
const boundBytes = 1_048_576 + 524_288;

/** A client whose standard output is not read yet. */
function startClient(endpoint: string): ChildProcess {
  const args = [main, 'client', '--connect', endpoint, '--name', 'w1', '--ready', '--quiet'];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

test('a client whose output is not read keeps a bounded part of it, and says how many lines it dropped once a reader is back', async () => {
  await using server = await openServer();
  const client = startClient(server.endpoint);
  const exited = once(client, 'exit');
  try {
    await server.waitForClients(1);
    const groups = await Promise.all(
      Array.from({ length: jobs }, () => server.submit('w1', calculate, { seconds: 0, message })),
    );
    const outcomes = await Promise.all(groups.map((group) => group.outcomes));
    expect(outcomes.flat().map(({ outcome }) => outcome)).toEqual(groups.map(() => 'completed'));
    if (!client.stdout) throw new Error('no pipe');
    let printed = 0;
    let dropped = 0;
    for await (const line of createInterface({ input: client.stdout })) {
      const counted = /^… (\d+) lines were dropped/.exec(line);
      if (counted) dropped = Number(counted[1]);
      else printed += 1;
      if (counted) break;
    }
    expect(printed + dropped).toBe(jobs);
    expect(printed * message.length).toBeLessThan(boundBytes);
  } finally {
    client.kill('SIGKILL');
    await exited;
  }
});
