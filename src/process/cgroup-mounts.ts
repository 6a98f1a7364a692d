import { join, relative } from 'node:path';

/** The folder of this process in each hierarchy: `unified` (v2) and one for each v1 controller. */
type OwnCgroups = ReadonlyMap<string, string>;

/**
 * Reads /proc/self/cgroup and /proc/self/mountinfo (cgroups(7), proc_pid_mountinfo(5)).
 * Hierarchies that are not mounted, or whose mount does not include this process, are omitted.
 */
export function findOwnCgroups(cgroupText: string, mountText: string): OwnCgroups {
  const mounts = new Map(lines(mountText).flatMap(parseMount));
  const own = new Map<string, string>();
  for (const line of lines(cgroupText)) {
    const [, names = '', path = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    for (const name of names === '' ? ['unified'] : names.split(',')) {
      const mount = mounts.get(name);
      const below = mount && relative(mount.root, path);
      // `/..` is outside the cgroup namespace.
      const isOutside = [path, mount?.root, `/${below}`].some((part) => part?.startsWith('/..'));
      if (mount && below !== undefined && !isOutside) own.set(name, join(mount.at, below));
    }
  }
  return own;
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

function parseMount(line: string): [name: string, mount: { root: string; at: string }][] {
  const [before = '', after = ''] = line.split(' - ');
  const [, , , root = '/', at = ''] = before.split(' ');
  const [type = '', , options = ''] = after.split(' ');
  const mount = { root, at };
  if (type === 'cgroup2') return [['unified', mount]];
  if (type !== 'cgroup') return [];
  return options.split(',').map((option) => [option, mount]);
}
