import { spawnSync } from 'node:child_process';

/**
 * A program in namespaces of its own: with a loopback of its own and the given files in place of those of the machine, such as `/etc/resolv.conf`.
 * @param files what lies there, and the file that is put over it.
 */
export const inOwnNetwork = (argv: readonly string[], files: readonly (readonly [string, string])[] = []): string[] => [
  ...['unshare', '--map-root-user', '--mount', '--net', '/bin/sh', '-c'],
  `ip link set lo up && ${files.map((_, index) => `mount --bind "$${2 * index + 2}" "$${2 * index + 1}" && `).join('')}shift ${2 * files.length} && exec "$@"`,
  ...['sh', ...files.flat(), ...argv],
];

/** Whether this user may create namespaces here. */
export function canOwnNetwork(): boolean {
  const [program = '', ...args] = inOwnNetwork(['true']);
  return spawnSync(program, args).status === 0;
}
