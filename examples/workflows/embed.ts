// Runs a workflow in a program: node examples/workflows/embed.ts
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtinContracts, builtinImplementations, createClient, createServer, openSqliteStore } from 'signalbox';
import { callWorkflow, createWorkflows } from 'signalbox/workflows';

const folder = await mkdtemp(join(tmpdir(), 'signalbox-'));
await using cleanup = new AsyncDisposableStack();
cleanup.defer(() => rm(folder, { recursive: true }));

// Runs are kept in the store of the server: the next server continues those that have not ended.
const store = cleanup.use(await openSqliteStore({ path: join(folder, 'jobs.db') }));
const workflows = createWorkflows({ store });
const commands = await builtinContracts();
const { methods } = workflows;
const server = cleanup.use(await createServer({ bind: `ipc://${folder}/server`, commands, store, methods }));
cleanup.use(workflows);
await workflows.start(server);

const client = { connect: server.endpoint, commands: await builtinImplementations(), allow: ['run'], ready: true };
for (const name of ['db', 'ops']) cleanup.use(await createClient({ ...client, name }));
await server.waitForClients(2);

const text = `
params: { table: users }
tasks:
  count: "@db run echo 3 \${param.table}"
  report: { do: "@ops run echo there are \${count.stdout}", needs: count, approve: "Tell everybody?" }
`;
const events = server.watch();
const { run } = await callWorkflow(server, 'run', {
  source: { text, file: 'report.yaml' },
  params: { table: 'orders' },
});
for await (const event of events) {
  if (event.type === 'workflow.task') console.log(`${event.task}: ${event.state}`);
  if (event.type === 'workflow.asked') {
    console.log(event.question);
    await callWorkflow(server.as('ana'), 'approve', { run, task: event.task, answer: 'approved' });
  }
  if (event.type === 'job.output') process.stdout.write(event.data);
  if (event.type === 'workflow.ended') break;
}

const ended = await callWorkflow(server, 'show', { run });
console.log(`run ${run} of ${ended.workflow}: ${ended.state}`);
for (const { task, state, approval } of ended.tasks) console.log(task, state, approval ? `by ${approval.actor}` : '');
