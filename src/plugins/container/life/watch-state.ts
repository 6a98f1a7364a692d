import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { ContainerInspectInfo } from 'dockerode';
import type { JobContext } from '../../../index.ts';
import { patient } from '../engine/patient.ts';

const againMs = 500;

/**
 * Reports the state of a container as progress of its job, after each event of its engine: `running`; `starting`, `healthy` and
 * `unhealthy` with a health check; `restarting …` between two runs.
 * @param isWorthIt whether the state can change. Default: asks the engine
 */
export function watchState(docker: Docker, id: string, job: JobContext, isWorthIt?: boolean): Disposable {
  const ending = new AbortController();
  if (isWorthIt !== false) void watch(docker, id, job, { signal: ending.signal, isCertain: isWorthIt === true });
  return { [Symbol.dispose]: () => ending.abort('ended') };
}

async function watch(
  docker: Docker,
  id: string,
  job: JobContext,
  { signal, isCertain }: { readonly signal: AbortSignal; readonly isCertain: boolean },
): Promise<void> {
  const filters = { container: [id], event: ['start', 'die', 'health_status', 'pause', 'unpause'] };
  const look = async () => tell(await docker.getContainer(id).inspect({ abortSignal: signal }), job, signal);
  for (let isWorthIt = isCertain; !signal.aborted; ) {
    try {
      isWorthIt ||= canChange(await patient(docker, signal, () => docker.getContainer(id).inspect()));
      if (!isWorthIt) return;
      const events = await patient(docker, signal, () => docker.getEvents({ filters, abortSignal: signal }));
      await look();
      for await (const _ of createInterface({ input: events as Readable })) await look();
    } catch {
      // The engine does not answer, which the next call detects, or the container was removed, which its job detects.
    }
    await sleep(againMs, undefined, { signal }).catch(() => {});
  }
}

const canChange = ({ Config, HostConfig }: ContainerInspectInfo): boolean =>
  Config.Healthcheck?.Test !== undefined || (HostConfig.RestartPolicy?.Name ?? 'no') !== 'no';

function tell(seen: ContainerInspectInfo, job: JobContext, signal: AbortSignal): void {
  const note = noteOf(seen);
  if (note === undefined || signal.aborted) return;
  job.progress(note === 'running' || note === 'healthy' ? 1 : 0, note);
}

function noteOf({ State }: ContainerInspectInfo): string | undefined {
  if (State.Restarting) return `restarting after exit code ${State.ExitCode}`;
  if (!State.Running) return undefined;
  if (State.Paused) return 'paused';
  const health = State.Health?.Status;
  return health === undefined || health === 'none' ? 'running' : health;
}
