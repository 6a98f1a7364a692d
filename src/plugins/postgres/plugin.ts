import { definePlugin } from '../../index.ts';
import { openPostgresStore } from './postgres-store.ts';

/** Stores at `postgres://…`. */
export default definePlugin({
  name: 'postgres',
  apiVersion: 1,
  setup(host) {
    for (const scheme of ['postgres', 'postgresql'])
      host.store(scheme, (address, { readOnly }) => openPostgresStore(address, { readOnly }));
  },
});
