import { afterAll, beforeAll, describe, test } from 'vitest';
import { openPostgresStore } from '../../../src/plugins/postgres/postgres-store.ts';
import { storeCases } from '../../../src/store/contract/store-contract.ts';
import { noPostgres, PostgresCluster } from '../../support/postgres-cluster.ts';

let cluster: PostgresCluster;
beforeAll(async () => {
  if (noPostgres === undefined) cluster = await PostgresCluster.start();
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

for (const isolation of ['read committed', 'serializable']) {
  describe.skipIf(noPostgres !== undefined)(`in PostgreSQL whose transactions are ${isolation}`, () => {
    beforeAll(() => {
      cluster.sql(`ALTER SYSTEM SET default_transaction_isolation = '${isolation}'`);
      cluster.sql('SELECT pg_reload_conf()');
    });
    test.each(storeCases)('$title', ({ run }) => {
      const address = cluster.place();
      return run({ open: () => openPostgresStore(address), openOther: () => openPostgresStore(cluster.place()) });
    });
  });
}
