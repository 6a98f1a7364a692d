import { readFileSync } from 'node:fs';
import { builtinContracts, type Collection, createServer } from '../../src/index.ts';
import { callWorkflow } from '../../src/plugin/workflow-calls.ts';
import { openPostgresStore } from '../../src/plugins/postgres/postgres-store.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { Workflows } from '../../src/workflow/workflows.ts';

/** When the server kills itself: at a write of a run, before it or after it; from 1. */
export interface Death {
  readonly write: number;
  readonly when: 'before' | 'after';
}

const [place = '', bind = '', file = '', text = 'null'] = process.argv.slice(2);
const death: Death | null = JSON.parse(text);
let writes = 0;

async function deadly<Result>(write: () => Promise<Result>): Promise<Result> {
  writes += 1;
  const isIt = writes === death?.write;
  if (isIt && death?.when === 'before') process.kill(process.pid, 'SIGKILL');
  const result = await write();
  if (isIt) process.kill(process.pid, 'SIGKILL');
  return result;
}

const store = await (place.startsWith('postgres:') ? openPostgresStore(place) : openSqliteStore({ path: place }));
const collections = <Value>(name: string): Collection<Value> => {
  const collection = store.collection<Value>(name);
  return {
    ...collection,
    putIfAbsent: (...given) => deadly(() => collection.putIfAbsent(...given)),
    compareAndSet: (...given) => deadly(() => collection.compareAndSet(...given)),
  };
};
const workflows = new Workflows({ collections, keepMs: 86_400_000, warn: (text) => process.stdout.write(`${text}\n`) });
const server = await createServer({ bind, store, commands: await builtinContracts(), methods: workflows.methods });
await workflows.start(server);
await server.waitForClients(2);
const { runs } = await callWorkflow(server, 'list', { limit: 1 });
const source = { text: readFileSync(file, 'utf8'), file };
const { run } = runs[0] ?? (await callWorkflow(server, 'run', { source }));
const { state, tasks } = await callWorkflow(server, 'wait', { run });
const ends = tasks
  .map((task) => `${task.task}=${task.state}`.concat(task.state === 'rejected' ? `(${task.error})` : ''))
  .join(' ');
process.stdout.write(`ended ${state} ${ends} writes ${writes}\n`);
await workflows[Symbol.asyncDispose]();
await server.close();
await store[Symbol.asyncDispose]();
