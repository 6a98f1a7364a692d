// npm run fuzz -- [--count 1000000] [--seed N] [--seconds 30]
// Hostile frames, as both sides read them; then to a server and to clients that run. Exits with 1 where one did harm.
import { parseArgs } from 'node:util';
import { fuzzDecoding } from './decoding.ts';
import { fuzzClients, fuzzServer } from './sockets.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
    seconds: { type: 'string', default: '30' },
  },
});
const seed = Number(values.seed) >>> 0;
const say = (line: string) => process.stdout.write(`${line}\n`);
const rounded = (numbers: readonly number[]) => numbers.map((number) => number.toFixed(1)).join(' ');

say(`seed ${seed}`);
const decoding = fuzzDecoding(seed, Number(values.count));
const { slowest } = decoding;
say(`${decoding.count} frames, each read by both sides`);
for (const [kind, verdicts] of Object.entries(decoding.verdicts)) say(`  ${kind}: ${JSON.stringify(verdicts)}`);
say(`  messages read: ${JSON.stringify(decoding.read)}`);
say(`  refused by message and field: ${JSON.stringify(decoding.refused)}`);
say(
  `  slowest: ${slowest.ms.toFixed(1)} ms (input ${slowest.index}, ${slowest.bytes} bytes); pauses: ${decoding.pauses}`,
);
say(`  reachable after each tenth, MiB: ${rounded(decoding.heapMiB)}`);

const server = await fuzzServer(seed, Number(values.seconds));
say(`a server, attacked by a client that it lets in: ${JSON.stringify(server.hostile)}`);
say(
  `  ping of a healthy client beside it, p50 in µs (before, during, after): ${rounded(server.server.map((f) => f.p50Ms * 1_000))}`,
);
say(
  `  ${server.ratio.toFixed(2)} times as long; reachable at the server, MiB: ${rounded(server.server.map((f) => f.memoryMiB))}`,
);

const clients = await fuzzClients(seed, Number(values.seconds) / 2);
say(
  `${clients.clients} clients, attacked by a server: ${JSON.stringify({ ...clients.hostile, unreadable: clients.hostile.unreadable.length })}`,
);
say(`  came back to a good one: ${clients.cameBack}`);

const violations = [...decoding.violations, ...server.violations, ...clients.violations];
for (const violation of violations.slice(0, 50)) say(`VIOLATION: ${violation}`);
process.exitCode = violations.length === 0 ? 0 : 1;
