import { once } from 'node:events';
import { connect } from 'node:net';
import { SignalboxError } from '../../schemas/errors.ts';
import { ipcPathOf } from './ipc-path.ts';

/**
 * Errors which mean that nobody listens: the path does not exist, the socket was left behind, or the path cannot be a
 * socket (EINVAL: too long).
 */
const nobody: ReadonlySet<unknown> = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'EINVAL', 'ENAMETOOLONG']);

/**
 * Whether a process listens on this Unix socket. libzmq would replace it without an error.
 * @throws SignalboxError `cannot_bind` if that cannot be determined, for lack of a descriptor or of a permission.
 */
export async function isIpcInUse(endpoint: string): Promise<boolean> {
  const path = ipcPathOf(endpoint);
  if (path === undefined) return false;
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    // EAGAIN: its queue of connections is full, perhaps because it is stopped. ECONNRESET: it has just closed.
    if (code === 'EAGAIN' || code === 'ECONNRESET') return true;
    if (nobody.has(code)) return false;
    throw new SignalboxError('cannot_bind', `cannot determine whether ${endpoint} is in use: ${message}`, { cause });
  } finally {
    socket.destroy();
  }
}
