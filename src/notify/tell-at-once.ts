import { randomUUID } from 'node:crypto';
import type { Channel, Notification } from '../plugin/channel.ts';
import type { WallClock } from './clock.ts';
import { digest } from './group.ts';
import type { Delivery } from './message.ts';
import type { Note } from './note.ts';

const attempts = 3;
const againMs = 5_000;

interface AtOnceOptions {
  readonly to: Iterable<string>;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly clock: WallClock;
  readonly signal: AbortSignal;
  readonly onAttempt?: ((channel: string, state: Delivery['state']) => void) | undefined;
}

/** Sends a message that is not stored. A failed attempt is repeated twice. */
export function tellAtOnce(note: Note, { to, channels, ...options }: AtOnceOptions): void {
  const message = oneOf(note);
  for (const name of to) {
    const channel = channels.get(name);
    if (channel) void deliver(name, channel, message, options);
  }
}

/** A message about one event, which is not stored. */
export function oneOf({ event, text, atMs, code }: Note): Notification {
  const timestamp = new Date(atMs).toISOString();
  const data = { text, count: 1, firstAt: timestamp, lastAt: timestamp, ...(code !== undefined && { code }) };
  const body = JSON.stringify({ type: event, timestamp, data });
  return { id: `msg_${digest(randomUUID())}`, body, event, text, count: 1 };
}

async function deliver(
  name: string,
  channel: Channel,
  message: Notification,
  { clock, signal, onAttempt }: Pick<AtOnceOptions, 'clock' | 'signal' | 'onAttempt'>,
): Promise<void> {
  for (let attempt = 1; attempt <= attempts && !signal.aborted; attempt += 1) {
    try {
      await channel.send(message, { signal, nowMs: clock.now() });
      onAttempt?.(name, 'delivered');
      return;
    } catch {
      onAttempt?.(name, attempt < attempts ? 'waiting' : 'given-up');
      await clock.sleep(againMs, signal);
    }
  }
}
