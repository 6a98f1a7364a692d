import type Docker from 'dockerode';
import { statusOf } from '../engine/engine-away.ts';
import { failureOf, textOf } from '../engine/failure.ts';
import { type FoundCredentials, findCredentials } from './credentials.ts';
import type { ImageReference } from './image-reference.ts';
import { pullFailure } from './pull-failure.ts';
import { type PullLine, PullProgress } from './pull-progress.ts';

export interface PullWatcher {
  /** Called if credentials cannot be read. The pull continues without them. */
  warn(sentence: string): void;
  progress(progress: PullProgress): void;
}

/** Lines of the engine are short; a longer one comes from another program. */
const maxLineLength = 1_048_576;

/**
 * Pulls an image with the credentials of its registry.
 * @throws SignalboxError `command_failed` with a sentence; the reason of `signal`
 */
export async function pullImage(
  docker: Docker,
  { image, reference }: { readonly image: string; readonly reference: ImageReference },
  { warn, progress: onProgress }: PullWatcher,
  signal: AbortSignal,
): Promise<PullProgress> {
  const credentials = await findCredentials(reference.registry, { signal });
  if (credentials.problem !== undefined) warn(`${image} is pulled without credentials: ${credentials.problem}`);
  const progress = new PullProgress();
  const failed = (words: string) => pullFailure({ image, reference, credentials }, words);
  let isEnded = false;
  try {
    for await (const line of linesOf(await request(docker, reference, credentials, signal))) {
      const said: PullLine = JSON.parse(line);
      if (said.error !== undefined) throw failed(said.error);
      progress.take(said);
      if (said.id === undefined && said.status?.startsWith('Status: ')) isEnded = true;
      onProgress(progress);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof Error && statusOf(error) !== undefined ? failed(textOf(error)) : failureOf(error);
  }
  if (!isEnded) throw failed('the engine closed the connection without an outcome');
  return progress;
}

async function request(
  docker: Docker,
  { name, version }: ImageReference,
  { auth }: FoundCredentials,
  abortSignal: AbortSignal,
): Promise<NodeJS.ReadableStream> {
  return await docker.createImage(auth ?? {}, { fromImage: name, tag: version, abortSignal });
}

async function* linesOf(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > maxLineLength) throw new Error('the engine sent a line that is too long');
    yield* lines.filter((line) => line.trim() !== '');
  }
  if (rest.trim() !== '') yield rest;
}
