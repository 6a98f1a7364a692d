import type { ContainerStats } from 'dockerode';
import { expect, test } from 'vitest';
import { usageSchema } from '../../../src/plugins/container/contracts/usage.ts';
import { countedOf, usageOf } from '../../../src/plugins/container/usage/usage-of.ts';

const read = '2026-01-01T00:00:10.000Z';
const atMs = Date.parse(read);

/** The answer of an engine on cgroup v1. */
const v1 = {
  read,
  pids_stats: { current: 3 },
  blkio_stats: {
    io_service_bytes_recursive: [
      { major: 8, minor: 0, op: 'Read', value: 4_096 },
      { major: 8, minor: 0, op: 'Write', value: 8_192 },
      { major: 8, minor: 0, op: 'Total', value: 12_288 },
      { major: 9, minor: 0, op: 'Read', value: 1 },
    ],
  },
  cpu_stats: { cpu_usage: { total_usage: 2_500_000_000 } },
  memory_stats: { usage: 10_000_000, limit: 64_000_000, stats: { total_inactive_file: 4_000_000, inactive_file: 1 } },
  networks: { eth0: { rx_bytes: 100, tx_bytes: 20 }, eth1: { rx_bytes: 1, tx_bytes: 2 } },
} as unknown as ContainerStats;

test('the figures of the engine are read for both versions of cgroups', () => {
  const expected = {
    atMs,
    cpuMs: 2_500,
    memoryBytes: 6_000_000,
    memoryLimitBytes: 64_000_000,
    pids: 3,
    readBytes: 4_097,
    writtenBytes: 8_192,
    receivedBytes: 101,
    sentBytes: 22,
  };
  expect(countedOf(v1)).toEqual(expected);
  const entries = v1.blkio_stats?.io_service_bytes_recursive.map((one) => ({ ...one, op: one.op.toLowerCase() }));
  const v2 = {
    ...v1,
    blkio_stats: { io_service_bytes_recursive: entries },
    memory_stats: { usage: 10_000_000, limit: 64_000_000, stats: { inactive_file: 4_000_000 } },
  } as unknown as ContainerStats;
  expect(countedOf(v2)).toEqual(expected);
});

test('without disks, networks and limits there are zeros, and a container that has ended has no figures', () => {
  const { read, cpu_stats } = v1;
  expect(countedOf({ read, cpu_stats, memory_stats: {} } as unknown as ContainerStats)).toEqual({
    atMs,
    cpuMs: 2_500,
    memoryBytes: 0,
    memoryLimitBytes: null,
    pids: null,
    readBytes: 0,
    writtenBytes: 0,
    receivedBytes: 0,
    sentBytes: 0,
  });
  const ended = { read: '0001-01-01T00:00:00Z', cpu_stats: { cpu_usage: { total_usage: 0 } }, memory_stats: {} };
  expect(countedOf(ended as unknown as ContainerStats)).toBeUndefined();
});

test('the share of a processor is that since the previous sample', () => {
  const before = countedOf(v1);
  if (!before) throw new Error('it runs');
  const percent = (ms: number, cpuMs: number) =>
    usageOf({ ...before, atMs: atMs + ms, cpuMs: 2_500 + cpuMs }, before).cpuPercent;
  expect([percent(1_000, 1_000), percent(2_000, 25), percent(1_000, 0)]).toEqual([100, 1.3, 0]);
  // The clock of the engine was set, or the container was restarted.
  expect([percent(0, 10), percent(-5, 10), percent(1_000, -2_500)]).toEqual([0, 0, 0]);
  expect(usageSchema.safeParse(usageOf(before, before)).success).toBe(true);
});
