import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An ipc endpoint in a new folder that only this user can enter (mode 0700); disposing removes the folder. */
export async function createPrivateEndpoint(): Promise<{ endpoint: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-'));
  return {
    endpoint: `ipc://${join(folder, 'server.sock')}`,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
