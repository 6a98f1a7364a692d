import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyStore } from '../../src/keys/key-store.ts';

/** A folder with the keys of a server, and credentials for these clients. Removed at the end. */
export function createKeyFolder(...clients: string[]) {
  const folder = join(mkdtempSync(join(tmpdir(), 'signalbox-keys-')), 'keys');
  const store = new KeyStore(folder);
  store.init();
  const credentials = Object.fromEntries(clients.map((name) => [name, store.add(name)]));
  return {
    folder,
    store,
    /** The path of a client's credentials. */
    of: (name: string): string => credentials[name] ?? join(folder, 'credentials', `${name}.json`),
    [Symbol.dispose]: () => rmSync(join(folder, '..'), { recursive: true, force: true }),
  };
}
