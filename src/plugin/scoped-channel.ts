import { SignalboxError } from '../../schemas/errors.ts';
import { startTimeout } from '../timer.ts';
import { untilAborted } from '../until-aborted.ts';
import { type Channel, DeliveryFailure } from './channel.ts';
import type { ChannelKind } from './channel-kind.ts';

/** Time limit of an attempt: a channel of a plug-in may never respond. */
const attemptMs = 60_000;

type InScope = <Result>(work: () => Result) => Result;

/** A kind of channel whose code runs in the scope of its plug-in, and whose attempts end in time. */
export function scopedChannelKind(kind: ChannelKind, inScope: InScope): ChannelKind {
  return {
    options: kind.options,
    async open(options, context) {
      const channel = await inScope(() => kind.open(options, context));
      const { about, send } = Object(channel) as Partial<Channel>;
      if (typeof about !== 'string' || typeof send !== 'function')
        throw new SignalboxError('bad_usage', 'open of its plug-in must return about and send');
      return { about, send: (notification, attempt) => sendInTime(channel, inScope, notification, attempt) };
    },
  };
}

async function sendInTime(
  channel: Channel,
  inScope: InScope,
  notification: Parameters<Channel['send']>[0],
  { signal, nowMs }: Parameters<Channel['send']>[1],
): Promise<void> {
  using timeUp = startTimeout(attemptMs);
  const either = AbortSignal.any([signal, timeUp.signal]);
  const done = (async () => await inScope(() => channel.send(notification, { signal: either, nowMs })))();
  const isTaken = await untilAborted(
    done.then(() => true),
    either,
  );
  if (isTaken) return;
  throw new DeliveryFailure(signal.aborted ? 'the server ends' : `it took more than ${attemptMs / 1_000} s`);
}
