// Copied next to an installed package, type-checked there and run.
import {
  builtinContracts,
  builtinImplementations,
  type Call,
  createClient,
  createServer,
  definePlugin,
  type Event,
  type EventReader,
  type Fault,
  type Interceptor,
  type JobGroup,
  type JobService,
  type Observer,
  ping,
  SignalboxError,
  start,
} from 'signalbox';
import { JobService as JobCalls, type SubmitRequest } from 'signalbox/api';
import checkPlugin, { type check } from 'signalbox/check';
import containerPlugin, { container } from 'signalbox/container';
import { openPostgresStore } from 'signalbox/postgres';
import { ProcessError, type ProcessResult, startProcess } from 'signalbox/process';
import { clientNameSchema, limits } from 'signalbox/schemas';
import { type StorePlace, storeCases } from 'signalbox/store-contract';

const settled: Event[] = [];
const observer: Observer = {
  name: 'settled',
  on: (event) => void (event.type === 'job.settled' && settled.push(event)),
};
const calls: Call['method'][] = [];
const interceptor: Interceptor = async (call, next) => {
  calls.push(call.method);
  return await next(call);
};
const started = Promise.withResolvers<JobService>();
const plugin = definePlugin({ name: 'starting', apiVersion: 1, setup: (host) => host.onStart(started.resolve) });
const faults: Fault[] = [];
await using server = await createServer({
  bind: 'tcp://127.0.0.1:*',
  commands: await builtinContracts(),
  observers: [observer],
  interceptors: [interceptor],
  plugins: [plugin],
  onFault: (fault) => faults.push(fault),
});
const reader: EventReader = server.watch();
await using client = await createClient({
  connect: server.endpoint,
  name: clientNameSchema.parse('w1'),
  commands: await builtinImplementations(),
});
await server.waitForClients(1);
await (await server.submit(client.name, start, {})).outcomes;
const group: JobGroup<number> = await (await started.promise).submit(client.name, ping, {});
const [answer] = await group.outcomes;
if (answer?.outcome !== 'completed') throw new SignalboxError('internal', 'no answer');
const seconds: number = answer.result;
// @ts-expect-error the result has the type that the contract says
const wrong: string = answer.result;
const { value: first } = await reader.next();
await reader[Symbol.asyncDispose]();
const isHeard = first?.type === 'client.joined' && settled.length === 2 && calls.includes('submit') && !faults.length;
console.log(isHeard && seconds > 0 && limits.maxMessageBytes > 0 && wrong !== '' ? 'the library works' : 'it does not');

await using job = await startProcess({ argv: ['sh', '-c', 'echo out; exit 3'], timeoutMs: 10_000 });
let said = '';
for await (const piece of job.output({ stream: 'stdout' })) if (piece.type === 'data') said += piece.data.toString();
const end: ProcessResult = await job.exited;
console.log(`the process said ${said.trim()} and ended with ${end.exitCode}`);
await startProcess({ argv: ['/no/such/program'] }).catch((error: unknown) => {
  console.log(error instanceof ProcessError ? error.code : error);
});

const method: keyof SubmitRequest = 'traceparent';
console.log(`${JobCalls.typeName} has ${JobCalls.method.submit.input.field[method].jsonName}`);

const noStore = () => Promise.reject(new SignalboxError('unavailable', 'no store'));
const place: StorePlace = { open: noStore, openOther: noStore };
const broken = await Promise.allSettled(storeCases.map(({ run }) => run(place)));
console.log(
  `a place without a store breaks ${broken.filter(({ status }) => status === 'fulfilled').length === 0 ? 'every rule' : 'some'}`,
);

const withoutPg = await openPostgresStore('postgres://127.0.0.1:1/none').then(
  () => 'open',
  ({ message }: SignalboxError) => message,
);
console.log(withoutPg);

const { argv }: Parameters<typeof server.submit<typeof container>>[2] = { image: 'debian:12', argv: ['true'] };
console.log(`${containerPlugin.name} runs ${argv} by ${container.name}`);
const checked: Parameters<typeof server.submit<typeof check>>[2] = { url: 'https://example.org/' };
console.log(`${checkPlugin.name} checks ${checked.url}`);
