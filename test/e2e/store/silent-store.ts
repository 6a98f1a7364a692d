import { definePlugin, type JobStore, openSqliteStore } from 'signalbox';

/** `silent://PATH`: a store in a file that does not answer the first commit of a command until SIGUSR2 arrives. */
export default definePlugin({
  name: 'silent-store',
  apiVersion: 1,
  setup(host) {
    host.store('silent', async (address) => {
      const store = await openSqliteStore({ path: address.slice('silent://'.length) });
      const woken = new Promise<void>((resolve) => process.once('SIGUSR2', () => resolve()));
      const commit: JobStore['commit'] = async (batch) => {
        if (batch.changes.some(({ type }) => type === 'submitted')) await woken;
        await store.commit(batch);
      };
      return Object.assign(Object.create(store) as JobStore, { commit });
    });
  },
});
