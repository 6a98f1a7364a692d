import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { ContainerInspectInfo } from 'dockerode';
import { patient } from '../engine/patient.ts';

/** An engine that ends first stops its containers, for at most 15 s. At its next start it restarts some of them. */
const restartWithinMs = 20_000;
const lookEveryMs = 500;

interface Options {
  readonly signal: AbortSignal;
  /** Whether the container is being ended, so that the engine will not restart it. */
  readonly isStopped: () => boolean;
  readonly onAway: (isAway: boolean) => void;
  /** Called with each description of the container from the engine. */
  readonly onSeen: (seen: ContainerInspectInfo) => void;
}

/**
 * Waits until a started container has ended for good. A wait also ends with the engine, and with each run of a container that the
 * engine restarts, so the state is inspected afterwards.
 * @throws Error of the engine, 404 if the container was removed; AbortError when `signal` aborts
 */
export async function untilEnded(
  docker: Docker,
  id: string,
  { signal, isStopped, onAway, onSeen }: Options,
): Promise<ContainerInspectInfo> {
  const container = docker.getContainer(id);
  let doubtUntilMs: number | undefined;
  for (;;) {
    const seen = await patient(
      docker,
      signal,
      async () => {
        await container.wait({ abortSignal: signal });
        return await container.inspect({ abortSignal: signal });
      },
      onAway,
    );
    onSeen(seen);
    const { Running, Restarting, Status } = seen.State;
    if (Running || Restarting || Status === 'removing') {
      doubtUntilMs = undefined;
      continue;
    }
    if (isStopped() || !isStartedAgain(seen)) return seen;
    doubtUntilMs ??= performance.now() + restartWithinMs;
    if (performance.now() >= doubtUntilMs) return seen;
    await sleep(lookEveryMs, undefined, { signal });
  }
}

/** Whether the engine restarts the container, unless somebody stopped it at the engine. */
function isStartedAgain({ HostConfig, RestartCount, State }: ContainerInspectInfo): boolean {
  const { Name = '', MaximumRetryCount = 0 } = HostConfig.RestartPolicy ?? {};
  if (Name === 'always') return true;
  if (Name !== 'on-failure' || State.ExitCode === 0) return false;
  return MaximumRetryCount === 0 || RestartCount < MaximumRetryCount;
}
