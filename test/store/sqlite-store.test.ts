import { join } from 'node:path';
import { test } from 'vitest';
import { storeCases } from '../../src/store/contract/store-contract.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { newFolder } from '../support/new-folder.ts';

test.each(storeCases)('$title', ({ run }) => {
  const path = join(newFolder(), 'store.db');
  return run({ open: () => openSqliteStore({ path }) });
});
