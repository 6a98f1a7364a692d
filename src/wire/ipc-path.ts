import { lstatSync, rmSync, statSync } from 'node:fs';

const scheme = 'ipc://';

/** The path of an ipc endpoint; undefined for other endpoints. */
export const ipcPathOf = (endpoint: string): string | undefined =>
  endpoint.startsWith(scheme) ? endpoint.slice(scheme.length) : undefined;

/**
 * Protects files that are not sockets: libzmq replaces whatever is at the path where it listens.
 * @throws Error if the path exists and is not a socket.
 */
export function refuseOtherFile(endpoint: string): void {
  const path = ipcPathOf(endpoint);
  const found = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
  if (found && !found.isSocket()) throw new Error('the path exists and is not a socket');
}

/**
 * Takes ownership of the path of a Unix socket that has just been bound. libzmq does not remove it.
 * @returns a function that removes the path unless it now belongs to another socket. Call it before closing the socket:
 * afterwards the path may belong to another server.
 */
export function ownedPath(endpoint: string): () => void {
  const path = ipcPathOf(endpoint);
  if (path === undefined) return () => {};
  const inode = () => lstatSync(path, { throwIfNoEntry: false })?.ino;
  let own = inode();
  return () => {
    try {
      if (own !== undefined && inode() === own) rmSync(path, { force: true });
    } catch {
      // The folder is no longer writable.
    }
    // The number of a removed inode may be reused.
    own = undefined;
  };
}
