import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { ContainerInspectInfo } from 'dockerode';
import type { JobContext } from '../../index.ts';
import { patient } from './patient.ts';

/**
 * Tells the state of a container as the progress of its job, after each event of its engine: `running`, or `starting`, `healthy` and
 * `unhealthy` where it has a check, `restarting` between two runs. Ends when `signal` aborts.
 */
export async function watchService(docker: Docker, id: string, job: JobContext, signal: AbortSignal): Promise<void> {
  const filters = { container: [id], event: ['start', 'die', 'health_status', 'pause', 'unpause'] };
  while (!signal.aborted) {
    try {
      const events = await patient(docker, signal, () => docker.getEvents({ filters, abortSignal: signal }));
      await tell(docker, id, job, signal);
      for await (const _ of createInterface({ input: events as Readable })) await tell(docker, id, job, signal);
    } catch {
      // The engine is away, which the next call finds out, or the container is gone, which its job finds out.
      if (!signal.aborted) await patient(docker, signal, () => docker.getContainer(id).inspect()).catch(() => {});
    }
  }
}

async function tell(docker: Docker, id: string, job: JobContext, signal: AbortSignal): Promise<void> {
  const seen = await docker.getContainer(id).inspect({ abortSignal: signal });
  if (signal.aborted) return;
  const note = noteOf(seen);
  if (note !== undefined) job.progress(note === 'running' || note === 'healthy' ? 1 : 0, note);
}

function noteOf({ State }: ContainerInspectInfo): string | undefined {
  if (State.Restarting) return `restarting after exit code ${State.ExitCode}`;
  if (!State.Running) return undefined;
  if (State.Paused) return 'paused';
  const health = State.Health?.Status;
  return health === undefined || health === 'none' ? 'running' : health;
}
