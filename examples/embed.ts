// A server and a client in one program: ten jobs at once with a deadline, one of them cancelled.
//   npx node examples/embed.ts
import {
  builtinContracts,
  builtinImplementations,
  calculate,
  createClient,
  createServer,
  start,
} from '../src/index.ts';

await using server = await createServer({ bind: 'tcp://127.0.0.1:*', commands: await builtinContracts() });
await using client = await createClient({
  connect: server.endpoint,
  name: 'w1',
  commands: await builtinImplementations(),
});
await server.waitForClients(1);
await (await server.submit(client.name, start, {})).outcomes;

const submitted = Array.from({ length: 10 }, async (_, index) => {
  // The arguments and the result are typed by the contract: { seconds: 'soon' } would not compile.
  const args = { seconds: index < 8 ? index / 10 : 60, message: `job ${index}` };
  const group = await server.submit(client.name, calculate, args, { timeoutMs: 2_000 });
  return group.jobs;
});
const jobs = (await Promise.all(submitted)).flat();
await jobs[5]?.cancel();

let ended = 0;
await Promise.all(
  jobs.map(async (job) => {
    const outcome = await job.outcome;
    ended += 1;
    const detail = outcome.outcome === 'completed' ? `${outcome.result.seconds} s` : outcome.error.code;
    console.log(`${ended}/10 ${job.id.split('.')[1]} ${outcome.outcome}: ${detail}`);
  }),
);
