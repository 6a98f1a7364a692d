import type Docker from 'dockerode';
import type { ContainerCreateOptions } from 'dockerode';
import type { JobContext } from '../../index.ts';
import { isAway, statusOf, untilThere } from './engine-away.ts';
import { failureOf } from './failure.ts';
import { Grace } from './grace.ts';
import { labels } from './labels.ts';
import { findOwn } from './own-containers.ts';
import { removeContainer } from './remove-container.ts';

/** The container to make. */
interface Wanted {
  readonly name: string;
  readonly options: ContainerCreateOptions;
}

export interface StartOptions {
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
  { onCreated, onFailed, onRemoved }: StartOptions = {},
): Promise<string> {
  using grace = new Grace(job.signal);
  const { giveUp } = grace;
  job.signal.throwIfAborted();
  let id: string | undefined;
  try {
    id = await create(docker, wanted, job, giveUp);
    await onCreated?.(id);
    job.signal.throwIfAborted();
    await start(docker, id, giveUp);
    return id;
  } catch (error) {
    const reason = job.signal.aborted ? job.signal.reason : failureOf(error);
    if (id !== undefined) {
      await onFailed?.(reason).catch(() => {});
      await removeContainer(docker, id, giveUp).then(onRemoved, () => {});
    } else if (statusOf(error) !== undefined) onRemoved?.();
    throw reason;
  }
}

/** An engine that goes during the call may have made the container: it is known by its label. */
async function create(
  docker: Docker,
  { name, options }: Wanted,
  job: JobContext,
  giveUp: AbortSignal,
): Promise<string> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      // Else all of it goes into the address of the request too, with what is secret in the environment.
      const request = { _query: { name }, _body: options, abortSignal: giveUp };
      const { id } = await docker.createContainer(request as ContainerCreateOptions);
      return id;
    } catch (error) {
      if (!isAway(error) || (isFirst && wasNotThere(error))) throw error;
      job.progress(0, 'waits for the engine');
      await untilThere(docker, giveUp);
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
