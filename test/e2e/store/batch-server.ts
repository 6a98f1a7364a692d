import { createServer } from '../../../src/index.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { stepwise } from '../../support/stepwise.ts';

/**
 * A server over a store in a file, which submits a batch, or finds it there, and reports how each of its jobs has
 * ended.
 */
const [path = '', bind = '', clients = '0'] = process.argv.slice(2);
await using store = await openSqliteStore({ path });
await using server = await createServer({ bind, store, commands: [stepwise] });
// The next server continues it before anyone asks.
const isFirst = (await server.history()).jobs.length === 0;
if (isFirst) await server.waitForClients(Number(clients));
const group = await server.submit('w*', stepwise, { label: 'x' }, { key: 'k', batch: 2, maxFailures: 2 });
for await (const one of group) {
  process.stdout.write(`${one.client} ${one.outcome === 'completed' ? 'completed' : one.error.code}\n`);
}
