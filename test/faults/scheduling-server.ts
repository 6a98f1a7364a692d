import { builtinContracts, createServer } from '../../src/index.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { Workflows } from '../../src/workflow/workflows.ts';

/** A server that carries out the schedules of a folder until it is killed. */
const [path = '', bind = '', folder = ''] = process.argv.slice(2);
const store = await openSqliteStore({ path });
const workflows = new Workflows({
  collections: (name) => store.collection(name),
  ...{ folder, keepMs: 86_400_000, warn: (text: string) => void process.stdout.write(`${text}\n`) },
});
const server = await createServer({
  ...{ bind, store, commands: await builtinContracts(), methods: workflows.methods },
  observers: [
    {
      name: 'runs',
      on: ({ type }) => {
        if (type === 'workflow.ended') process.stdout.write('ended\n');
      },
    },
  ],
});
await server.waitForClients(1);
await workflows.start(server);
process.stdout.write('started\n');
