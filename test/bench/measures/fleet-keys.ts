import { createKeyFolder } from '../../support/key-folder.ts';

/** Keys of a server, and one credential that is valid for every client of a fleet. */
export function createFleetKeys() {
  const { folder, store, [Symbol.dispose]: dispose } = createKeyFolder();
  return { folder, credentials: store.add('w', { replicas: true }), [Symbol.dispose]: dispose };
}
