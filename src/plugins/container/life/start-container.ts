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

/** The container of the first attempt may already have the name but not be listed yet, while the engine copies its image. */
const mostConflicts = 50;
const againMs = 200;

/** The container to create. */
interface Wanted {
  readonly name: string;
  readonly options: ContainerCreateOptions;
}

export interface StartOptions {
  /** Called if the engine may have created the container but has not answered. `creating` is the pending answer. */
  readonly onUnanswered?: ((creating: Promise<unknown>) => void) | undefined;
  /** Called when the container is created, before it is started. */
  readonly onCreated?: (id: string) => Promise<void>;
  /** Called if the container cannot be started, before it is removed. */
  readonly onFailed?: (reason: unknown) => Promise<void>;
  /** Called when the engine has no trace of the container left. */
  readonly onRemoved?: () => void;
}

/**
 * Creates and starts the container of a job. If that fails, or the job is ended meanwhile, removes the container, even if the answer of
 * the engine was lost.
 * @returns the id of the container
 * @throws SignalboxError with the reason
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

/** Creates the container. If the engine ends during the call, the container may exist or come into being; its label identifies it. */
async function create(
  docker: Docker,
  { name, options }: Wanted,
  job: JobContext,
  { giveUp, onUnanswered = () => {} }: Pick<StartOptions, 'onUnanswered'> & { readonly giveUp: AbortSignal },
): Promise<string> {
  // Without `_query` and `_body`, dockerode would also put all options, including secrets in the environment, into the URL.
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

/** Whether no connection was made, so that nothing was created. */
const wasNotThere = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ECONNREFUSED' || error.code === 'ENOENT');

async function start(docker: Docker, id: string, giveUp: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await docker.getContainer(id).start({ abortSignal: giveUp });
      return;
    } catch (error) {
      // An earlier attempt has started it, and its answer was lost.
      if (statusOf(error) === 304) return;
      if (!isAway(error)) throw error;
      await untilThere(docker, giveUp);
      const { State } = await docker.getContainer(id).inspect({ abortSignal: giveUp });
      if (State.Status !== 'created') return;
    }
  }
}
