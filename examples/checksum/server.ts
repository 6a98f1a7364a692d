// Gets the checksum of a file from all clients, and ends them.
//   npx node examples/checksum/server.ts README.md tcp://127.0.0.1:5555
import { createServer, terminate } from '../../src/index.ts';
import { checksum } from './contract.ts';

const [path = 'README.md', bind = 'tcp://127.0.0.1:5555'] = process.argv.slice(2);
await using server = await createServer({ bind, commands: [checksum] });
await server.waitForClients(1, { signal: AbortSignal.timeout(30_000) });

const { outcomes } = await server.submit('all', checksum, { path }, { timeoutMs: 60_000 });
for (const ended of await outcomes) {
  if (ended.outcome === 'completed') {
    console.log(`${ended.client}: ${ended.result.sha256}, ${ended.result.bytes} bytes`);
  } else {
    console.error(`${ended.client}: ${ended.outcome}: ${ended.error.message}`);
    process.exitCode = 1;
  }
}
await (await server.submit('all', terminate, {})).outcomes;
