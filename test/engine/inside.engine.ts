import { expect } from 'vitest';
import { engineTest } from './support/engine-test.ts';
import { openContainerPair } from './support/pair.ts';
import { baseImage } from './support/tiny-image.ts';

/** Things that root in a container must not be able to do to its host; each is a line of a shell that must fail. */
const attempts = [
  'mount -t tmpfs none /mnt',
  'mount -t proc none /mnt',
  'mount -o remount,rw /proc/sys',
  'umount /proc/sys',
  'unshare --user --map-root-user true',
  'unshare --mount true',
  'echo h >/proc/sysrq-trigger',
  "echo '|/x' >/proc/sys/kernel/core_pattern",
  'echo 1 >/proc/sys/vm/drop_caches',
  'head -c 1 /proc/kcore | grep -q .',
  'ls /sys/firmware/* /proc/acpi/*',
  'echo x >/sys/kernel/uevent_helper',
  'mkdir /sys/fs/cgroup/pids/escape',
  'grep -q "^cgroup2* /sys/fs/cgroup " /proc/self/mounts && mkdir /sys/fs/cgroup/escape',
  ...['8 0', '253 0', '254 0', '259 0', '1 1'].map(
    (id, index) => `mknod /tmp/b${index} b ${id} && head -c 1 /tmp/b${index}`,
  ),
  'mknod /tmp/memory c 1 1 && head -c 1 /tmp/memory',
  'chroot / mount -t tmpfs none /mnt',
  'date --set 2000-01-01',
  'hostname escaped',
  'dmesg',
  'test -e /var/run/docker.sock',
  'cp /usr/bin/id /tmp/id && chmod u+s /tmp/id && test "$(setpriv --reuid 1000 --regid 1000 --clear-groups /tmp/id -u)" = 0',
];

engineTest('root in a container with the defaults cannot change its host', async () => {
  await using pair = await openContainerPair();
  const script = attempts.map((attempt, index) => `(${attempt}) >/dev/null 2>&1 && echo ${index}`).join('\n');
  const { outcome, stdout } = await pair.run({
    ...{ image: baseImage, network: 'none', user: '0' },
    argv: ['sh', '-c', `${script}\nexit 0`],
  });
  expect(outcome).toMatchObject({ outcome: 'completed' });
  const open = stdout.toString().split('\n').filter(Boolean);
  expect(open.map((index) => attempts[Number(index)])).toEqual([]);
});
