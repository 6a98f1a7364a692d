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

for (const [what, settings] of [
  ['as it comes', []],
  [
    'with settings that change what is written and read',
    [
      "default_transaction_isolation = 'serializable'",
      'extra_float_digits = -10',
      "bytea_output = 'escape'",
      "search_path = 'pg_catalog'",
      "DateStyle = 'German'",
    ],
  ],
] as const) {
  describe.skipIf(noPostgres !== undefined)(`in PostgreSQL ${what}`, () => {
    beforeAll(() => {
      for (const setting of settings) cluster.sql(`ALTER ROLE box SET ${setting}`);
    });
    test.each(storeCases)('$title', ({ run }) => {
      const address = cluster.place();
      return run({ open: () => openPostgresStore(address), openOther: () => openPostgresStore(cluster.place()) });
    });
  });
}
