import { join } from 'node:path';
import { test } from 'vitest';
import { storeCases } from '../../src/store/contract/store-contract.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { newFolder } from '../support/new-folder.ts';

test.each(storeCases)('$title', ({ run }) => {
  const folder = newFolder();
  const open = (name: string) => openSqliteStore({ path: join(folder, name) });
  return run({ open: () => open('store.db'), openOther: () => open('other.db') });
});
