import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { renameSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { SignalboxError } from '../../schemas/errors.ts';
import { wordsOf } from '../process/system-error.ts';
import { isIpcInUse } from '../wire/ipc-in-use.ts';
import { underIpcLock } from '../wire/ipc-lock.ts';
import { ownedPath, refuseOtherFile } from '../wire/ipc-path.ts';

/** The length of a socket's path, less the byte at its end (unix(7)). */
const maxPathBytes = 107;

/**
 * Listens on a Unix socket, in the place of one that was left behind.
 * @param options.onConnection gets connections of which nothing has been read: `resume` begins.
 * @returns what ends it and, if no other's socket is there by then, removes its path. Connections go on.
 * @throws SignalboxError `cannot_bind`
 */
export async function listenAt(
  path: string,
  { maxConnections, onConnection }: { maxConnections: number; onConnection: (socket: Socket) => void },
): Promise<AsyncDisposable> {
  const endpoint = `ipc://${path}`;
  if (Buffer.byteLength(path) > maxPathBytes) {
    throw new SignalboxError(
      'cannot_bind',
      `a path of a socket has at most ${maxPathBytes} bytes, and this one ${Buffer.byteLength(path)}: ${path}; name a shorter folder with --socket-dir`,
    );
  }
  const server = createServer({ pauseOnConnect: true }, onConnection);
  server.maxConnections = maxConnections;
  try {
    const removePath = await underIpcLock(endpoint, async () => {
      if (await isIpcInUse(endpoint)) throw new Error('address already in use');
      refuseOtherFile(endpoint);
      await removeLeft(dirname(path));
      await bind(server, path);
      return ownedPath(endpoint);
    });
    return {
      async [Symbol.asyncDispose]() {
        removePath();
        server.close();
      },
    };
  } catch (cause) {
    server.close();
    if (cause instanceof SignalboxError) throw cause;
    throw new SignalboxError('cannot_bind', `cannot listen on ${path}: ${wordsOf(cause)}`, { cause });
  }
}

const firstName = /^\.api-[0-9a-f]{8}$/;

/** Removes what servers have left that were killed between the two steps of `bind`. */
async function removeLeft(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (firstName.test(name) && !(await isIpcInUse(`ipc://${path}`))) rmSync(path, { force: true });
  }
}

/** Node removes the path where it has bound when it closes, whosever socket is there: so it binds at another one. */
async function bind(server: Server, path: string): Promise<void> {
  const first = join(dirname(path), `.api-${randomBytes(4).toString('hex')}`);
  await once(server.listen(first), 'listening');
  renameSync(first, path);
}
