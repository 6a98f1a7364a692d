import { afterAll, beforeAll, describe, test } from 'vitest';
import { openPostgresStore } from '../../../src/plugins/postgres/postgres-store.ts';
import { storeCases } from '../../../src/store/contract/store-contract.ts';
import { noPostgres, PostgresCluster } from '../../support/postgres-cluster.ts';

/** Tests that a store in PostgreSQL with these settings fulfils the contract of stores. */
export function holdContract(what: string, settings: readonly string[] = []): void {
  describe.skipIf(noPostgres !== undefined)(`in PostgreSQL ${what}`, () => {
    let cluster: PostgresCluster;
    beforeAll(async () => {
      cluster = await PostgresCluster.start();
      for (const setting of settings) cluster.sql(`ALTER ROLE box SET ${setting}`);
    });
    afterAll(async () => await cluster?.[Symbol.asyncDispose]());

    test.each(storeCases)('$title', ({ run }) => {
      const address = cluster.place();
      return run({ open: () => openPostgresStore(address), openOther: () => openPostgresStore(cluster.place()) });
    });
  });
}
