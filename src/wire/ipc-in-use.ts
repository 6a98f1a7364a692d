import { once } from 'node:events';
import { connect } from 'node:net';

/** Whether somebody listens on this Unix socket: libzmq would take its path away without a word. */
export async function isIpcInUse(endpoint: string): Promise<boolean> {
  if (!endpoint.startsWith('ipc://')) return false;
  const socket = connect(endpoint.slice('ipc://'.length));
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    // More are waiting there than it has taken so far: it may be stopped.
    return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
  } finally {
    socket.destroy();
  }
}
