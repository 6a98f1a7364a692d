import type Docker from 'dockerode';
import { type JobContext, SignalboxError } from '../../../index.ts';
import { statusOf } from '../engine/engine-away.ts';
import type { PullProgress } from './pull-progress.ts';
import type { SharedPulls } from './shared-pulls.ts';

export type PullPolicy = 'always' | 'missing' | 'never';

/** An image that a job needs. */
export interface WantedImage {
  readonly image: string;
  /** Default: `missing`. */
  readonly pull?: PullPolicy | undefined;
  /** In ms. Default: 10 minutes. */
  readonly pullTimeout?: number | undefined;
}

const defaultPullTimeoutMs = 600_000;

/**
 * Calls `use`, which needs an image, at once. If the image is missing, pulls it and calls `use` again. So an existing image costs
 * nothing; a check in advance would cost a request per container.
 * @throws SignalboxError with a sentence if the image is not available; errors of `use`
 */
export async function withImage<T>(
  { docker, pulls }: { readonly docker: Docker; readonly pulls: SharedPulls },
  { image, pull = 'missing', pullTimeout }: WantedImage,
  job: JobContext,
  use: () => Promise<T>,
): Promise<T> {
  if (pull === 'always') await ensureImage({ docker, pulls }, { image, pullTimeout }, job);
  try {
    return await use();
  } catch (error) {
    if (pull === 'always' || !isImageMissing(error)) throw error;
    if (pull === 'never') {
      throw new SignalboxError(
        'command_failed',
        `the engine has no image ${image}, and --pull never forbids fetching it`,
      );
    }
  }
  await ensureImage({ docker, pulls }, { image, pullTimeout }, job);
  return await use();
}

/** Pulls an image, and reports the progress as progress of the job. */
export async function ensureImage(
  { docker, pulls }: { readonly docker: Docker; readonly pulls: SharedPulls },
  { image, pullTimeout = defaultPullTimeoutMs }: WantedImage,
  job: JobContext,
): Promise<PullProgress> {
  let newest: PullProgress | undefined;
  const watcher = {
    warn: (sentence: string) => job.print(sentence),
    progress(progress: PullProgress) {
      newest = progress;
      job.progress(progress.fraction, `pulling ${image}: ${progress.text}`);
    },
  };
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), pullTimeout);
  try {
    const pulled = await pulls.join(docker, image, watcher, AbortSignal.any([job.signal, late.signal]));
    // The work that needs the image has just begun.
    job.progress(0);
    return pulled;
  } catch (error) {
    if (!late.signal.aborted || job.signal.aborted) throw error;
    throw new SignalboxError(
      'timed_out',
      `${image} was not pulled within ${pullTimeout / 1_000} s: ${newest?.text ?? 'the registry has not answered'}; ` +
        'raise --pull-timeout to allow more',
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the error of `create`, or its cause, reports a missing image. A 404 can have other reasons. */
function isImageMissing(error: unknown): boolean {
  const cause = error instanceof SignalboxError ? error.cause : error;
  return cause instanceof Error && statusOf(cause) === 404 && /no such image/i.test(cause.message);
}
