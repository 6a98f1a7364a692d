import { once } from 'node:events';
import { connect } from 'node:net';

/** Whether somebody listens on this Unix socket: libzmq would take its path away without a word. */
export async function isIpcInUse(endpoint: string): Promise<boolean> {
  if (!endpoint.startsWith('ipc://')) return false;
  const socket = connect(endpoint.slice('ipc://'.length));
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
