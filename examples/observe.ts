import { randomBytes } from 'node:crypto';
import {
  builtinContracts,
  builtinImplementations,
  createClient,
  createServer,
  type Interceptor,
  type Observer,
  ping,
  SignalboxError,
  stop,
} from 'signalbox';

// Prints who sent what to whom, and the outcome.
const audit: Observer = {
  name: 'audit',
  on(event) {
    if (event.type === 'job.submitted') console.log(`${event.actor} sent ${event.command} to ${event.client}`);
    if (event.type === 'job.settled') console.log(`${event.client}: ${event.outcome}`);
    if (event.type === 'client.violation') console.log(`${event.client}: ${event.code}`);
  },
};

// Begins a trace for each submission without one.
const trace: Interceptor = async (call, next) => {
  if (call.method !== 'submit' || call.options.traceparent !== undefined) return await next(call);
  const traceparent = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
  return await next({ ...call, options: { ...call.options, traceparent } });
};

const onlyPing: Interceptor = async (call, next) => {
  if (call.actor === 'alice' && call.method === 'submit' && call.command.name !== 'ping') {
    throw new SignalboxError('not_allowed', `${call.actor} may not send ${call.command.name}`);
  }
  return next(call);
};

const commands = await builtinContracts();
const bind = 'tcp://127.0.0.1:*';
await using server = await createServer({ bind, commands, observers: [audit], interceptors: [trace, onlyPing] });
await using client = await createClient({
  connect: server.endpoint,
  name: 'w1',
  commands: await builtinImplementations(),
  ready: true,
});
await server.waitForClients(1);
const alice = server.as('alice');
const group = await alice.submit(client.name, ping, {});
await group.outcomes;
await alice.submit('w1', stop, {}).catch((error) => console.log(error.message));
