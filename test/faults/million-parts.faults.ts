import { expect, test } from 'vitest';
import { readCredentials } from '../../src/keys/credentials.ts';
import { PingingServer } from '../fuzz/sockets.ts';
import { createKeyFolder } from '../support/key-folder.ts';
import { Program } from '../support/processes.ts';
import { RawDealer } from '../support/raw-peers.ts';

const times = 3;

// libzmq gives a message to its reader only when all of its parts have arrived, and bounds neither their number nor
// their sum. The server can only promise that it recovers.
test.each(['without keys', 'with keys'])(
  'a server %s gets over messages of a million parts, and keeps nothing',
  async (kind) => {
    await using stack = new AsyncDisposableStack();
    // Before the server starts: a later addition is seen a moment later.
    const folder = stack.use(createKeyFolder('healthy', 'mallory'));
    const isKeyed = kind === 'with keys';
    const server = stack.use(new PingingServer(isKeyed ? folder.folder : undefined));
    const { endpoint } = await server.listening();
    const who = isKeyed ? ['--credentials', folder.of('healthy')] : ['--name', 'healthy'];
    const healthy = stack.use(
      new Program('healthy', ['src/main.ts', 'client', '--connect', endpoint, '--ready', ...who]),
    );
    await healthy.said.until('connected', ({ data }) => data?.includes('is connected') === true);
    const keys = isKeyed ? readCredentials(folder.of('mallory')) : undefined;
    const before = await server.figures();

    for (let time = 1; time <= times; time += 1) {
      await using mallory = await RawDealer.dial(endpoint, undefined, keys);
      await mallory.send(Array<string>(1_000_000).fill(''));
      await mallory.receive();
      const { maxMs, rssMiB, wrong } = await server.figures();
      process.stderr.write(
        `${kind}, ${time}: no ping for ${Math.round(maxMs)} ms, ${Math.round(rssMiB)} MiB resident\n`,
      );
      // On a slow machine it takes longer than the maximum silence of a session: the healthy client is then back in a
      // new one.
      expect(wrong.filter((what) => what.startsWith('a ping'))).toEqual([]);
      // The last message that was read stays reachable until the next one arrives.
      const kept = async () => (await server.figures()).memoryMiB - before.memoryMiB;
      await expect.poll(kept, { timeout: 10_000, interval: 200 }).toBeLessThan(30);
    }
  },
);
