import type { ContainerStats } from 'dockerode';
import type { Usage } from '../contracts/usage.ts';

/** The counters of the engine for a container, with the field names of a record. */
export type Counted = Omit<Usage, 'cpuPercent'>;

/** @returns undefined if the container does not run */
export function countedOf(stats: ContainerStats): Counted | undefined {
  const { read, cpu_stats: cpu, memory_stats: memory, pids_stats: pids } = stats;
  const atMs = Date.parse(read);
  const totalNs = cpu?.cpu_usage?.total_usage;
  // For an ended container, all values are zero.
  if (!(atMs > 0) || !totalNs) return undefined;
  const networks = Object.values(stats.networks ?? {});
  return {
    atMs,
    cpuMs: Math.round(totalNs / 1e3) / 1e3,
    memoryBytes: memoryOf(memory),
    memoryLimitBytes: memory?.limit ? whole(memory.limit) : null,
    pids: pids?.current ?? null,
    readBytes: blockBytes(stats, 'read'),
    writtenBytes: blockBytes(stats, 'write'),
    receivedBytes: sum(networks.map(({ rx_bytes }) => rx_bytes)),
    sentBytes: sum(networks.map(({ tx_bytes }) => tx_bytes)),
  };
}

export function usageOf(now: Counted, before: Counted): Usage {
  const elapsedMs = now.atMs - before.atMs;
  const share = elapsedMs > 0 ? (now.cpuMs - before.cpuMs) / elapsedMs : 0;
  return { ...now, cpuPercent: Math.max(0, Math.round(share * 1_000) / 10) };
}

/** Memory without inactive file cache, as in `docker stats`. Tries cgroup v2, then v1. */
function memoryOf(memory: ContainerStats['memory_stats'] | undefined): number {
  const { inactive_file, total_inactive_file }: Partial<Record<string, number>> = { ...memory?.stats };
  const cached = total_inactive_file ?? inactive_file ?? 0;
  const usage = memory?.usage ?? 0;
  return whole(cached < usage ? usage - cached : usage);
}

/** cgroup v1 writes `Read`, v2 `read`. */
function blockBytes({ blkio_stats }: ContainerStats, operation: string): number {
  const entries = blkio_stats?.io_service_bytes_recursive ?? [];
  return sum(entries.map(({ op, value }) => (op.toLowerCase() === operation ? value : 0)));
}

const sum = (numbers: readonly number[]): number => whole(numbers.reduce((total, one) => total + one, 0));

/** Kernel counters may exceed the safe integers of JavaScript. */
const whole = (value: number): number => Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round(value)));
