import { once } from 'node:events';
import { connect } from 'node:net';
import { SignalboxError } from '../../schemas/errors.ts';
import { ipcPathOf } from './ipc-path.ts';

/**
 * What says that nobody listens there: no such path, a socket that was left behind, a path that cannot be one (EINVAL:
 * too long).
 */
const nobody: ReadonlySet<unknown> = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'EINVAL', 'ENAMETOOLONG']);

/**
 * Whether somebody listens on this Unix socket: libzmq would take its path away without a word.
 * @throws SignalboxError `cannot_bind` where that cannot be found out: for want of a descriptor, or of a permission.
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
    // More are waiting there than it has taken so far: it may be stopped. Or it has closed just now.
    if (code === 'EAGAIN' || code === 'ECONNRESET') return true;
    if (nobody.has(code)) return false;
    throw new SignalboxError('cannot_bind', `whether ${endpoint} is in use cannot be asked: ${message}`, { cause });
  } finally {
    socket.destroy();
  }
}
