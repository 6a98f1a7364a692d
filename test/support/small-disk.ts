import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';

/**
 * A program on a file system of 2 MiB in its own mount namespace.
 * @param first shell text that runs there before, with the folder as `$1`.
 */
export const onSmallDisk = (folder: string, argv: readonly string[], first = 'true'): [string, string[]] => [
  'unshare',
  [
    ...['--map-root-user', '--mount', '/bin/sh', '-c'],
    `mount -t tmpfs -o size=2m small "$1" && ${first} && shift && exec "$@"`,
    ...['sh', folder, ...argv],
  ],
];

/** Whether this user may do so here. */
export const canMount = (): boolean => spawnSync(...onSmallDisk('/tmp', ['true'])).status === 0;

/** Fills the remaining space with a file. */
export function fillDisk(path: string): void {
  const fd = openSync(path, 'w');
  try {
    for (;;) writeSync(fd, Buffer.alloc(4_096));
  } catch {
    closeSync(fd);
  }
}
