import { expect, test } from 'vitest';
import { findOwnCgroups } from '../../src/process/cgroup-mounts.ts';

const v2 = (root: string) => `30 23 0:26 ${root} /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n`;
const v1 =
  '31 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n32 30 0:29 / /cg/memory rw - cgroup cgroup rw,memory\n';

const cases: [what: string, cgroup: string, mounts: string, own: Record<string, string>][] = [
  ['v2 alone', '0::/user.slice/a.scope\n', v2('/'), { unified: '/sys/fs/cgroup/user.slice/a.scope' }],
  ['v2 in a namespace', '0::/\n', v2('/'), { unified: '/sys/fs/cgroup' }],
  ['v2 of which a part is mounted', '0::/docker/x/y\n', v2('/docker/x'), { unified: '/sys/fs/cgroup/y' }],
  ['v2 outside of the mount', '0::/../z\n', v2('/'), {}],
  [
    'v1, two controllers in one hierarchy',
    '3:cpu,cpuacct:/job\n2:memory:/\n1:name=systemd:/x\n',
    v1,
    { cpu: '/sys/fs/cgroup/cpu,cpuacct/job', cpuacct: '/sys/fs/cgroup/cpu,cpuacct/job', memory: '/cg/memory' },
  ],
  ['none mounted', '0::/\n2:memory:/\n', '1 1 0:1 / / rw - ext4 /dev/a rw\n', {}],
];

test.each(cases)('%s', (_what, cgroup, mounts, own) => {
  expect(Object.fromEntries(findOwnCgroups(cgroup, mounts))).toEqual(own);
});
