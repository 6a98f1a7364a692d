import { createServer, type Event } from '../../../src/index.ts';
import type { Batch } from '../../../src/store/job-store.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { stepwise } from '../../support/stepwise.ts';

/** When the server kills itself. */
export interface Death {
  /** At the first batch with such a change: before or after its commit. */
  readonly commit?: { readonly of: string; readonly when: 'before' | 'after' };
  /** When it emits such an event. */
  readonly event?: Event['type'];
  /** In order, when it has emitted such an event. */
  readonly closesAfter?: Event['type'];
}

const [path = '', bind = '', text = '{}'] = process.argv.slice(2);
const death: Death = JSON.parse(text);
const die = () => process.kill(process.pid, 'SIGKILL');

const store = await openSqliteStore({ path });
const commit = store.commit.bind(store);
store.commit = async (batch: Batch) => {
  const { of, when } = death.commit ?? {};
  const isIt = batch.changes.some(({ type }) => type === of);
  if (isIt && when === 'before') die();
  await commit(batch);
  if (isIt && when === 'after') die();
};
const seen = Promise.withResolvers<void>();
const server = await createServer({
  ...{ bind, store, commands: [stepwise] },
  observers: [
    {
      name: 'death',
      on: ({ type }) => {
        if (type === death.event) die();
        if (type === death.closesAfter) seen.resolve();
      },
    },
  ],
});
await server.waitForClients(1);
const group = await server.submit('w1', stepwise, { label: 'once' }, { key: 'k' });
process.stdout.write(`submitted ${group.id}\n`);
await seen.promise;
await server.close();
await store[Symbol.asyncDispose]();
