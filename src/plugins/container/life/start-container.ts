import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { ContainerCreateOptions } from 'dockerode';
import type { JobContext } from '../../../index.ts';
import { isAway, statusOf, untilThere } from '../engine/engine-away.ts';
import { failureOf } from '../engine/failure.ts';
import { Grace } from '../engine/grace.ts';
import { removeContainer } from '../engine/remove-container.ts';
import { unlessAborted } from '../engine/unless-aborted.ts';
import { labels } from '../notes/labels.ts';
import { findOwn } from '../notes/own-containers.ts';

/** The first try may have the name and not be listed yet, for as long as the engine copies its image. */
const mostConflicts = 50;
const againMs = 200;

/** The container to make. */
interface Wanted {
  readonly name: string;
  readonly options: ContainerCreateOptions;
}

export interface StartOptions {
  /** Called when the engine may have made the container, and has not said so: `creating` is its answer. */
  readonly onUnanswered?: ((creating: Promise<unknown>) => void) | undefined;
  /** Called when the container is there, before it is started. */
  readonly onCreated?: (id: string) => Promise<void>;
  /** Called when it cannot be started, before it is removed. */
  readonly onFailed?: (reason: unknown) => Promise<void>;
  /** Called where nothing is left on the engine then. */
  readonly onRemoved?: () => void;
}

/**
 * Creates and starts the container of a job. If that fails, or the job was told to end meanwhile, it is removed again, also where the
 * engine's answer was lost.
 * @returns its id
 * @throws SignalboxError that says why not
 */
export async function startContainer(
  docker: Docker,
  wanted: Wanted,
  job: JobContext,
  { onUnanswered, onCreated, onFailed, onRemoved }: StartOptions = {},
): Promise<string> {
  using grace = new Grace(job.signal);
  const { giveUp } = grace;
  job.signal.throwIfAborted();
  let id: string | undefined;
  let isUncertain = false;
  const onUncertain = (creating: Promise<unknown>) => {
    isUncertain = true;
    onUnanswered?.(creating);
  };
  try {
    id = await create(docker, wanted, job, { giveUp, onUnanswered: onUncertain });
    await onCreated?.(id);
    job.signal.throwIfAborted();
    await start(docker, id, giveUp);
    return id;
  } catch (error) {
    const reason = job.signal.aborted ? job.signal.reason : failureOf(error);
    if (id !== undefined) {
      await onFailed?.(reason).catch(() => {});
      await removeContainer(docker, id, giveUp).then(onRemoved, () => {});
    } else if (statusOf(error) !== undefined && !isUncertain) onRemoved?.();
    throw reason;
  }
}

/** An engine that goes during the call may have made the container, or may be making it: it is known by its label. */
async function create(
  docker: Docker,
  { name, options }: Wanted,
  job: JobContext,
  { giveUp, onUnanswered = () => {} }: Pick<StartOptions, 'onUnanswered'> & { readonly giveUp: AbortSignal },
): Promise<string> {
  // Else all of it goes into the address of the request too, with what is secret in the environment.
  const request = { _query: { name }, _body: options };
  for (let conflicts = 0, isFirst = true; ; isFirst = false) {
    // No signal ends the request: a slow engine would create the container anyway, without this client noticing.
    const creating = docker.createContainer(request as ContainerCreateOptions);
    try {
      const { id } = await unlessAborted(giveUp, creating);
      return id;
    } catch (error) {
      if (giveUp.aborted) onUnanswered(creating);
      const isInUse = !isFirst && statusOf(error) === 409 && conflicts < mostConflicts;
      if ((!isAway(error) && !isInUse) || (isFirst && wasNotThere(error))) throw error;
      onUnanswered(creating);
      job.progress(0, 'waits for the engine');
      if (isInUse) {
        conflicts += 1;
        await sleep(againMs, undefined, { signal: giveUp });
      } else await untilThere(docker, giveUp);
      const [made] = await findOwn(docker, { [labels.mark]: options.Labels?.[labels.mark] ?? '' }, giveUp);
      if (made) return made.Id;
      job.signal.throwIfAborted();
    }
  }
}

/** Nothing was sent, so nothing was made. */
const wasNotThere = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ECONNREFUSED' || error.code === 'ENOENT');

async function start(docker: Docker, id: string, giveUp: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await docker.getContainer(id).start({ abortSignal: giveUp });
      return;
    } catch (error) {
      // It was started before the engine's answer was lost.
      if (statusOf(error) === 304) return;
      if (!isAway(error)) throw error;
      await untilThere(docker, giveUp);
      const { State } = await docker.getContainer(id).inspect({ abortSignal: giveUp });
      if (State.Status !== 'created') return;
    }
  }
}
