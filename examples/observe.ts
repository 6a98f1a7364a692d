import { builtinContracts, builtinImplementations, createClient, createServer, type Observer, ping } from 'signalbox';

// Says who sent what to whom, and how it ended.
const audit: Observer = {
  name: 'audit',
  on(event) {
    if (event.type === 'job.submitted') console.log(`${event.actor} sent ${event.command} to ${event.client}`);
    if (event.type === 'job.settled') console.log(`${event.client}: ${event.outcome}`);
    if (event.type === 'client.violation') console.log(`${event.client}: ${event.code}`);
  },
};

const commands = await builtinContracts();
await using server = await createServer({ bind: 'tcp://127.0.0.1:*', commands, observers: [audit] });
await using _client = await createClient({
  connect: server.endpoint,
  name: 'w1',
  commands: await builtinImplementations(),
  ready: true,
});
await server.service.waitForClients(1);
const group = await server.service.as('alice').submit('w1', ping, {});
await group.outcomes;
