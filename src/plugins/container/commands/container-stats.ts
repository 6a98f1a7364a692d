import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { type Implementation, implement, type JobContext, SignalboxError } from '../../../index.ts';
import { containerStats } from '../contracts/container-stats.ts';
import type { Engine } from '../engine/engine.ts';
import { failureOf } from '../engine/failure.ts';
import { labels } from '../notes/labels.ts';
import { describeUsage, Sampler } from '../usage/sampler.ts';

const defaultEveryMs = 1_000;
/** Keeps a record, which is one message, far below the size limits. */
const maxInRecord = 50;

interface Sampled {
  readonly job: string;
  readonly name: string;
  readonly sampler: Sampler;
}

export function containerStatsCommand(engine: Engine): Implementation {
  return implement(containerStats, async ({ jobs, every = defaultEveryMs, count = Number.POSITIVE_INFINITY }, job) => {
    try {
      const docker = await engine.docker();
      let sampled = await find(docker, jobs, job);
      if (sampled.length === 0) {
        throw new SignalboxError(
          'command_failed',
          `no container of ${jobs.join(', ')} is running here: jobs lists the jobs`,
        );
      }
      let samples = 0;
      await take(sampled, job.signal);
      while (samples < count) {
        await sleep(every, undefined, { signal: job.signal });
        const containers = await take(sampled, job.signal);
        sampled = sampled.filter(({ sampler }) => sampler.isRunning);
        if (containers.length > 0) {
          samples += 1;
          for (let at = 0; at < containers.length; at += maxInRecord) {
            job.record({ containers: containers.slice(at, at + maxInRecord) });
          }
          job.progress(0, containers.map((one) => `${one.name}: ${describeUsage(one)}`).join(' · '));
        } else if (sampled.length === 0) break;
      }
      return { samples };
    } catch (error) {
      job.signal.throwIfAborted();
      throw failureOf(error);
    }
  });
}

/** Finds the running containers of these jobs on this client. */
async function find(docker: Docker, jobs: readonly string[], { client, signal }: JobContext): Promise<Sampled[]> {
  const filters = { label: [labels.job, `${labels.client}=${client}`] };
  const found = await docker.listContainers({ filters, abortSignal: signal });
  return found.flatMap(({ Id, Names, Labels }) => {
    const job = Labels[labels.job] ?? '';
    if (!jobs.includes(job)) return [];
    return { job, name: (Names[0] ?? Id).replace(/^\//, ''), sampler: new Sampler(docker, Id) };
  });
}

async function take(sampled: readonly Sampled[], signal: AbortSignal) {
  const taken = sampled.map(async ({ job, name, sampler }) => {
    const usage = await sampler.sample(signal);
    return usage ? [{ job, name, ...usage }] : [];
  });
  return (await Promise.all(taken)).flat();
}
