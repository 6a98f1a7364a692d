import { once } from 'node:events';
import { createConnection } from 'node:net';

/** Whether a process listens there. */
export async function canConnect(
  at: { readonly port: number; readonly host?: string } | { readonly path: string },
): Promise<boolean> {
  const socket = createConnection(at);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
