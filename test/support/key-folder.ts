import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hello } from '../../schemas/index.ts';
import { readCredentials } from '../../src/keys/credentials.ts';
import { proofByCredentials } from '../../src/keys/hello-proof.ts';
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

/** This hello with the proof that its sender has the credentials of this file. */
export function proved(hello: Hello, credentials: string): Hello {
  return { ...hello, token: proofByCredentials(readCredentials(credentials), hello) };
}
