import type Docker from 'dockerode';
import { type JobContext, SignalboxError } from '../../../index.ts';
import { statusOf } from '../engine/engine-away.ts';
import type { PullProgress } from './pull-progress.ts';
import type { SharedPulls } from './shared-pulls.ts';

export type PullPolicy = 'always' | 'missing' | 'never';

/** An image that a job needs. */
export interface WantedImage {
  readonly image: string;
  /** Default: `missing` */
  readonly pull?: PullPolicy | undefined;
  /** In ms. Default: 10 minutes. */
  readonly pullTimeout?: number | undefined;
}

const defaultPullTimeoutMs = 600_000;

/**
 * Does what needs an image: `use` is tried at once, and again when the image was missing and has been pulled. So an image that is
 * there costs nothing: asking for it first takes an answer of the engine for each container.
 * @throws SignalboxError with a sentence where the image cannot be had; what `use` throws
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

/** Pulls an image, with its progress as that of the job. */
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
    // What the image is for has just begun.
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

/** What `create` answers, or the cause of a sentence about it: a 404 may be about something else. */
function isImageMissing(error: unknown): boolean {
  const cause = error instanceof SignalboxError ? error.cause : error;
  return cause instanceof Error && statusOf(cause) === 404 && /no such image/i.test(cause.message);
}
