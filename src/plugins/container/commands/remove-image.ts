import { type Implementation, implement, SignalboxError } from '../../../index.ts';
import { removeImage } from '../contracts/remove-image.ts';
import { askEngine } from '../engine/ask-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { failureOf, textOf } from '../engine/failure.ts';

const maxNames = 100;

/** One item of the engine's answer. */
interface Removed {
  readonly Untagged?: string;
  readonly Deleted?: string;
}

export function removeImageCommand(engine: Engine): Implementation {
  return implement(removeImage, async ({ image, force = false }, job) => {
    const removed = await askEngine(
      engine,
      job.signal,
      (docker): Promise<Removed[]> => docker.getImage(image).remove({ force, abortSignal: job.signal }),
      (error) => refusalOf(image, error) ?? failureOf(error),
    );
    const untagged = removed.flatMap(({ Untagged = [] }) => Untagged);
    const deletedLayers = removed.filter(({ Deleted }) => Deleted !== undefined).length;
    return { untagged: untagged.slice(0, maxNames), deletedLayers };
  });
}

function refusalOf(image: string, error: unknown): SignalboxError | undefined {
  if (!(error instanceof Error)) return undefined;
  const text = textOf(error);
  const failed = (why: string) => new SignalboxError('command_failed', `${image} ${why}`, { cause: error });
  const user = /container (\w+) is using|used by (?:running|stopped) container (\w+)/.exec(text);
  const container = (user?.[1] ?? user?.[2])?.slice(0, 12);
  if (container !== undefined && /running container|cannot be forced/.test(text)) {
    return failed(`is in use by container ${container}, which is running: end it first; containers --all shows it`);
  }
  if (container !== undefined) {
    return failed(`is in use by container ${container}: remove that, or use --force; containers --all shows it`);
  }
  if (/referenced in (?:multiple|one or more) repositories/.test(text)) {
    return failed('has several names: name the one to remove, or use --force to remove them all');
  }
  if (/dependent child images/.test(text)) return failed('is a part of other images: remove those first');
  if (/no such image/i.test(text)) return failed('does not exist here: images lists the images');
  return undefined;
}
