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
/** The length of a socket's path, less the byte at its end (unix(7)). */
const maxPathBytes = 107;

export const isIpcLock = (name: string): boolean => lockName.test(name);

/**
 * Runs `bind` while no other server of this user binds a socket in the folder of this endpoint: to look whether a path
 * is free and to take it are two steps, and libzmq takes it from whoever came in between.
 *
 * Each server that wants to bind listens on a socket of a new name, and then looks for others. Of two that are at it at
 * the same time the later to begin sees the earlier, so both never go on. A socket whose server was killed refuses
 * connections, and since no name is used twice, whoever finds it can remove it.
 * @throws SignalboxError `cannot_bind` where others do not finish, or the folder does not allow it.
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
        `cannot listen on ${endpoint}: another server is about to listen in ${folder}`,
      );
    }
    await sleep(5 + Math.random() * 45);
  }
}

/** @returns undefined where the folder's path leaves no room for the name of a socket: then there is no lock. */
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
  // Found before it listened, and taken for one that was left behind.
  if (!names.includes(ownName)) return true;
  for (const name of names) {
    if (!isIpcLock(name) || name === ownName) continue;
    const path = join(folder, name);
    // Another user cannot take the path of this one.
    if (lstatSync(path, { throwIfNoEntry: false })?.uid !== process.getuid?.()) continue;
    if (await isIpcInUse(`ipc://${path}`)) return true;
    rmSync(path, { force: true });
  }
  return false;
}
