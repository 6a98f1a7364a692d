// Copied beside an installed package, type-checked there and run.
import {
  builtinContracts,
  builtinImplementations,
  createClient,
  createServer,
  ping,
  SignalboxError,
  start,
} from 'signalbox';
import { limits } from 'signalbox/schemas';

await using server = await createServer({ bind: 'tcp://127.0.0.1:*', commands: await builtinContracts() });
await using client = createClient({
  connect: server.endpoint,
  name: 'w1',
  commands: await builtinImplementations(),
});
await server.waitForClients(1);
await server.send(client.name, start, {}).outcomes;
const [answer] = await server.send(client.name, ping, {}).outcomes;
if (answer?.outcome !== 'completed') throw new SignalboxError('internal', 'no answer');
const seconds: number = answer.result;
// @ts-expect-error the result has the type that the contract says
const wrong: string = answer.result;
console.log(seconds > 0 && limits.maxMessageBytes > 0 && wrong !== '' ? 'works' : 'does not');
