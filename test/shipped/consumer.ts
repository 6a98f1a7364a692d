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
import { ProcessError, type ProcessResult, startProcess } from 'signalbox/process';
import { clientNameSchema, limits } from 'signalbox/schemas';

await using server = await createServer({ bind: 'tcp://127.0.0.1:*', commands: await builtinContracts() });
await using client = await createClient({
  connect: server.endpoint,
  name: clientNameSchema.parse('w1'),
  commands: await builtinImplementations(),
});
await server.waitForClients(1);
await (await server.submit(client.name, start, {})).outcomes;
const [answer] = await (await server.submit(client.name, ping, {})).outcomes;
if (answer?.outcome !== 'completed') throw new SignalboxError('internal', 'no answer');
const seconds: number = answer.result;
// @ts-expect-error the result has the type that the contract says
const wrong: string = answer.result;
console.log(seconds > 0 && limits.maxMessageBytes > 0 && wrong !== '' ? 'the library works' : 'it does not');

await using job = await startProcess({ argv: ['sh', '-c', 'echo out; exit 3'], timeoutMs: 10_000 });
let said = '';
for await (const piece of job.output({ stream: 'stdout' })) if (piece.type === 'data') said += piece.data.toString();
const end: ProcessResult = await job.exited;
console.log(`the process said ${said.trim()} and ended with ${end.exitCode}`);
await startProcess({ argv: ['/no/such/program'] }).catch((error: unknown) => {
  console.log(error instanceof ProcessError ? error.code : error);
});
