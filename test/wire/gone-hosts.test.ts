import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { dial } from '../../src/wire/dial.ts';
import { listen } from '../../src/wire/listener.ts';
import { RawDealer } from '../support/raw-peers.ts';

/** Name of the timer of keepalive probes in `/proc/net/tcp`. */
const keepalive = '02';
const established = '01';

test.skipIf(process.platform !== 'linux')(
  'the kernel probes each connection of a server, so that connections of hosts that are gone end',
  async () => {
    await using listener = await listen('tcp://127.0.0.1:*');
    await using _client = await dial(listener.endpoint, new AbortController().signal);
    await using _silent = await RawDealer.dial(listener.endpoint);
    // The kernel reports another timer until the end of the handshake is acknowledged.
    await expect.poll(() => timersOf(listener.endpoint)).toStrictEqual([keepalive, keepalive]);
  },
);

/** The kernel timer of each accepted connection. */
function timersOf(endpoint: string): (string | undefined)[] {
  const port = Number(endpoint.split(':').at(-1)).toString(16).toUpperCase().padStart(4, '0');
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  const fields = lines.map((line) => line.trim().split(/\s+/));
  const here = fields.filter(([, local, , state]) => local?.endsWith(`:${port}`) && state === established);
  return here.map(([, , , , , timer]) => timer?.split(':')[0]);
}
