import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { ContainerStats } from 'dockerode';
import type { JobContext } from '../../../index.ts';
import type { Usage } from '../contracts/usage.ts';
import { statusOf } from '../engine/engine-away.ts';
import { formatBytes } from '../format-bytes.ts';
import { type Counted, countedOf, usageOf } from './usage-of.ts';

/** Samples the resource usage of a container. Rates need the previous sample. */
export class Sampler {
  private readonly docker: Docker;
  private readonly id: string;
  private before: Counted | undefined;

  constructor(docker: Docker, id: string) {
    this.docker = docker;
    this.id = id;
  }

  /**
   * @returns undefined the first time, and if the container does not run
   * @throws errors of dockerode if the engine does not answer
   */
  async sample(signal: AbortSignal): Promise<Usage | undefined> {
    const counted = await this.count(signal);
    const usage = counted && this.before && usageOf(counted, this.before);
    this.before = counted;
    return usage;
  }

  /** Whether the container was running at the last sample. */
  get isRunning(): boolean {
    return this.before !== undefined;
  }

  private async count(abortSignal: AbortSignal): Promise<Counted | undefined> {
    // Without `one-shot`, the engine takes two samples, a second apart.
    const request = { stream: false, 'one-shot': true, abortSignal } as { stream: false };
    try {
      const stats: ContainerStats = await this.docker.getContainer(this.id).stats(request);
      return countedOf(stats);
    } catch (error) {
      const status = statusOf(error);
      if (status === 404 || status === 409) return undefined;
      throw error;
    }
  }
}

/** `12.3 % cpu, 34 MB of 64 MB` */
export function describeUsage({ cpuPercent, memoryBytes, memoryLimitBytes }: Usage): string {
  const limit = memoryLimitBytes === null ? '' : ` of ${formatBytes(memoryLimitBytes)}`;
  return `${cpuPercent} % cpu, ${formatBytes(memoryBytes)}${limit}`;
}

/** Emits the resource usage of a job's container as records of the job until disposed. Skips failed samples. */
export function emitUsage(docker: Docker, id: string, job: JobContext, everyMs: number | undefined): Disposable {
  const stopped = new AbortController();
  const { signal } = stopped;
  const emit = async (every: number) => {
    const sampler = new Sampler(docker, id);
    while (!signal.aborted) {
      const usage = await sampler.sample(signal).catch(() => undefined);
      if (signal.aborted) return;
      if (usage) {
        job.record(usage);
        job.progress(0, describeUsage(usage));
      }
      await sleep(every, undefined, { signal }).catch(() => {});
    }
  };
  if (everyMs !== undefined) void emit(everyMs);
  return { [Symbol.dispose]: () => stopped.abort() };
}
