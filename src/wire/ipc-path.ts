import { lstatSync, rmSync, statSync } from 'node:fs';

const scheme = 'ipc://';

/** The path of an ipc endpoint; undefined for another. */
export const ipcPathOf = (endpoint: string): string | undefined =>
  endpoint.startsWith(scheme) ? endpoint.slice(scheme.length) : undefined;

/**
 * libzmq takes away what stands at the path where it listens, whatever it is.
 * @throws Error where that is no socket: it is not ours.
 */
export function refuseOtherFile(endpoint: string): void {
  const path = ipcPathOf(endpoint);
  const found = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
  if (found && !found.isSocket()) throw new Error('what is there is no socket');
}

/**
 * The path of a Unix socket that has just been bound; libzmq leaves it where it is.
 * @returns what removes it, unless another's socket stands there by now. To be called before the socket is closed: from
 * then on the path may be another server's.
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
      // Its folder is no longer ours to change.
    }
    // The number of what is gone may come again.
    own = undefined;
  };
}
