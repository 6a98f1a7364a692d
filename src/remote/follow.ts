import { EventService } from '../../schemas/api/signalbox/v1/events_pb.js';
import { SignalboxError } from '../../schemas/errors.ts';
import type { Event } from '../jobs/events.ts';
import { eventOf } from '../messages/from-event-message.ts';
import { sleep } from '../timer.ts';
import type { Link } from './link.ts';
import { ServerAway } from './server-away.ts';
import { TooSlow } from './status.ts';

const firstWaitMs = 50;
const longestWaitMs = 1_000;

/** Callbacks for changes of the connection. */
export interface Presence {
  /** The following events come from a server with this boot id. */
  up(bootId: string): void;
  /** The connection broke or failed; it is retried. */
  away(error: ServerAway): void;
  /** Events without a number may be missing before this point. */
  leftOut(): void;
  /** Events were missed: the log of the server no longer has them, or it is a different log. */
  missed(error: SignalboxError): void;
}

interface FollowOptions {
  readonly as?: string | undefined;
  /** `seq` of the first event. Default: the next event. */
  readonly from?: number | undefined;
  /** Whether to get events immediately, at a cost for the server, instead of combined after up to 50 ms. */
  readonly atOnce?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly presence: Presence;
}

type Numbered = Event & { readonly seq: number };

/**
 * The events of a server in batches, across lost connections and restarts of the server: each numbered event once, in
 * order. After a reconnect, the last received event is compared, because the log of another store has a different one
 * in its place.
 * @throws SignalboxError if the server refuses; `gone` if `from` was given and the log does not have it.
 */
export async function* follow(link: Link, options: FollowOptions): AsyncGenerator<Event[], void, undefined> {
  const { as, signal, presence, atOnce = false } = options;
  let next = options.from;
  let last: Numbered | undefined;
  let waitMs = 0;
  while (!signal.aborted) {
    /** The event that the log must have at the position where reading continues. */
    let expected = last;
    const from = last?.seq ?? next;
    const asked = {
      atOnce,
      output: true,
      records: true,
      progress: true,
      ...(from !== undefined && { fromSeq: BigInt(from) }),
    };
    try {
      let isFirst = true;
      for await (const message of link.stream(EventService.method.watch, asked, { as, signal })) {
        if (isFirst) {
          presence.up(message.bootId);
          if (message.nextSeq > 0n) next ??= Number(message.nextSeq);
        }
        isFirst = false;
        waitMs = 0;
        if (message.leftOut) presence.leftOut();
        const events = message.events.flatMap((one) => eventOf(one) ?? []);
        if (expected) expected = checkPlace(events, expected);
        last = events.findLast(isNumbered) ?? last;
        if (events.length > 0) yield events;
      }
      throw new ServerAway('the stream has ended');
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof TooSlow) [last, next] = [undefined, error.resumeFrom];
      else if (error instanceof SignalboxError && error.code === 'gone' && from !== undefined) {
        // The caller requested this number, so another position would be wrong.
        if (!last && options.from !== undefined) throw error;
        presence.missed(error);
        [last, next] = [undefined, undefined];
      } else if (error instanceof ServerAway) presence.away(error);
      // The maximum number of callers is watching. When one leaves, there is room.
      else if (error instanceof SignalboxError && error.code === 'busy') presence.away(new ServerAway(error.message));
      else throw error;
    }
    await sleep(waitMs, signal);
    waitMs = Math.min(longestWaitMs, Math.max(firstWaitMs, waitMs * 2));
  }
}

const isNumbered = (event: Event): event is Numbered => 'seq' in event;

/** Removes the expected event. @throws SignalboxError `gone` if a different event is in its place. */
function checkPlace(events: Event[], expected: Numbered): Numbered | undefined {
  const at = events.findIndex(isNumbered);
  const found = events[at];
  if (!found || !isNumbered(found)) return expected;
  if (found.seq !== expected.seq || found.atMs !== expected.atMs || found.type !== expected.type) {
    throw new SignalboxError('gone', 'the server has another log of events than before');
  }
  events.splice(at, 1);
  return undefined;
}
