// One server and three clients: events, targets, outcomes, errors and closing.
//   npx node examples/fleet.ts
import {
  builtinContracts,
  builtinImplementations,
  calculate,
  createClient,
  createServer,
  type Event,
  ping,
  SignalboxError,
  start,
} from '../src/index.ts';

await using cleanup = new AsyncDisposableStack();
const commands = await builtinContracts();
const server = cleanup.use(await createServer({ bind: 'tcp://127.0.0.1:*', commands, lostAfterMs: 10_000 }));

async function show(events: AsyncIterable<Event>): Promise<void> {
  for await (const event of events) {
    if (event.type === 'client.state') console.error(`${event.client} is ${event.state}`);
    if (event.type === 'job.output') process.stdout.write(`${event.client} | ${Buffer.from(event.data)}`);
  }
}
const shown = show(server.watch());

const implementations = await builtinImplementations();
for (const name of ['db-1', 'web-1', 'web-2']) {
  cleanup.use(await createClient({ connect: server.endpoint, name, commands: implementations }));
}
await server.waitForClients(3, { signal: AbortSignal.timeout(10_000) });

const [rejected] = await (await server.submit('db-1', ping, {})).outcomes;
if (rejected?.outcome === 'rejected') console.log(`${rejected.client}: ${rejected.error.code}`);

await (await server.submit('all', start, {})).outcomes;
const ready = (await server.clients()).filter(({ state }) => state === 'ready');
console.log(`ready: ${ready.length}`);

const work = await server.submit('web-*', calculate, { seconds: 0.1, message: 'done' }, { expiresInMs: 5_000 });
const long = await server.submit('db-1', calculate, { seconds: 600, message: 'never' });
const ended = await work.outcomes;
console.log(`web: ${ended.map(({ client, outcome }) => `${client} ${outcome}`).join(', ')}`);

const [job] = long.jobs;
for await (const event of job?.events ?? []) {
  if (event.type === 'job.progress') await long.cancel();
  if (event.type === 'job.settled') console.log(`db: ${event.outcome}`);
}

try {
  await server.submit('mail-1', ping, {});
} catch (error) {
  if (!(error instanceof SignalboxError)) throw error;
  console.log(`${error.code}: ${error.message}`);
}

await server.close();
await shown;
