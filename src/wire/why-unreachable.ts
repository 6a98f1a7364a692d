import { once } from 'node:events';
import { connect } from 'node:net';
import { limits } from '../../schemas/index.ts';
import { systemCode, wordsOf } from '../process/system-error.ts';
import { ipcPathOf } from './ipc-path.ts';

const nobody: ReadonlySet<string | undefined> = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTDIR']);

/** Returns why a connection failed. libzmq gives no reason, so Node tries to connect once more. */
export async function whyUnreachable(endpoint: string): Promise<string> {
  const socket = connect(addressOf(endpoint));
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(limits.handshakeMs) });
    return 'it has only just begun to listen';
  } catch (error) {
    const code = systemCode(error);
    if (nobody.has(code)) return 'nobody listens there';
    if (code === 'ABORT_ERR') return 'no answer';
    return `cannot connect: ${wordsOf(error)}`;
  } finally {
    socket.destroy();
  }
}

function addressOf(endpoint: string): { path: string } | { host: string; port: number } {
  const path = ipcPathOf(endpoint);
  if (path !== undefined) return { path };
  const { hostname, port } = new URL(endpoint);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) };
}
