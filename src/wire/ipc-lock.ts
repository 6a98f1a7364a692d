import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { lstatSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SignalboxError } from '../../schemas/errors.ts';
import { monotonicMs } from '../clock.ts';
import { wordsOf } from '../process/system-error.ts';
import { isIpcInUse } from './ipc-in-use.ts';
import { ipcPathOf } from './ipc-path.ts';

const lockName = /^\.bind-[0-9a-f]{8}$/;
const maxWaitMs = 5_000;
/** Maximum length of the path of a socket without its terminating null byte (unix(7)). */
const maxPathBytes = 107;

export const isIpcLock = (name: string): boolean => lockName.test(name);

/**
 * Runs `bind` while no other server of this user binds a socket in the folder of this endpoint. Checking that a path is
 * free and taking it are two steps, and libzmq would take the path from a server that came in between.
 *
 * Each server that wants to bind listens on a socket with a new random name and then looks for others. If two do this at
 * the same time, the later one sees the earlier one, so they never both proceed. The socket of a killed server refuses
 * connections. Names are never reused, so whoever finds such a socket can remove it.
 * @throws SignalboxError `cannot_bind` if others do not finish within 5 s, or the folder does not permit it.
 */
export async function underIpcLock<Value>(endpoint: string, bind: () => Promise<Value>): Promise<Value> {
  const path = ipcPathOf(endpoint);
  if (path === undefined) return await bind();
  const folder = dirname(path);
  const untilMs = monotonicMs() + maxWaitMs;
  for (;;) {
    {
      await using own = await announce(folder);
      if (!own || !(await isAnotherBinding(folder, own.name))) return await bind();
    }
    if (monotonicMs() > untilMs) {
      throw new SignalboxError(
        'cannot_bind',
        `cannot listen on ${endpoint}: another server is starting to listen in ${folder}`,
      );
    }
    await sleep(5 + Math.random() * 45);
  }
}

/** @returns undefined if the path of the folder leaves no room for the name of a socket; then there is no lock. */
async function announce(folder: string): Promise<({ readonly name: string } & AsyncDisposable) | undefined> {
  const name = `.bind-${randomBytes(4).toString('hex')}`;
  const path = join(folder, name);
  if (Buffer.byteLength(path) > maxPathBytes) return undefined;
  const server = createServer((socket) => socket.destroy());
  try {
    await once(server.listen(path), 'listening');
  } catch (cause) {
    throw new SignalboxError('cannot_bind', `cannot listen in ${folder}: ${wordsOf(cause)}`, { cause });
  }
  return {
    name,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

async function isAnotherBinding(folder: string, ownName: string): Promise<boolean> {
  const names = await readdir(folder);
  // Another server found ours before it listened, and removed it as left behind.
  if (!names.includes(ownName)) return true;
  for (const name of names) {
    if (!isIpcLock(name) || name === ownName) continue;
    const path = join(folder, name);
    // Servers of other users cannot take a path of this user.
    if (lstatSync(path, { throwIfNoEntry: false })?.uid !== process.getuid?.()) continue;
    if (await isIpcInUse(`ipc://${path}`)) return true;
    rmSync(path, { force: true });
  }
  return false;
}
