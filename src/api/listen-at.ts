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

/** Maximum length of the path of a socket, without the terminating byte (unix(7)). */
const maxPathBytes = 107;

/**
 * Listens on a Unix socket, replacing a stale one.
 * @param options.onConnection gets connections from which nothing has been read; call `resume` to start.
 * @returns a function that stops listening and removes the path, unless another server has replaced the socket. Open
 * connections continue.
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
      `the path of the socket has ${Buffer.byteLength(path)} bytes, more than the maximum of ${maxPathBytes}: ${path}; name a shorter folder with --socket-dir`,
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

/** Removes the temporary sockets of servers that were killed between the two steps of `bind`. */
async function removeLeft(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (firstName.test(name) && !(await isIpcInUse(`ipc://${path}`))) rmSync(path, { force: true });
  }
}

/**
 * When Node closes a server, it removes the path where it was bound, even if another socket is there. So bind at a
 * temporary path and rename it.
 */
async function bind(server: Server, path: string): Promise<void> {
  const first = join(dirname(path), `.api-${randomBytes(4).toString('hex')}`);
  await once(server.listen(first), 'listening');
  renameSync(first, path);
}
