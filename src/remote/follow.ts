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

/** What is heard of the connection. */
export interface Presence {
  /** The events that follow are those of a server with this boot id. */
  up(bootId: string): void;
  /** The connection broke, or could not be made; it is tried again. */
  away(error: ServerAway): void;
  /** Events without a number may be missing from those before. */
  leftOut(): void;
  /** Events were missed: the log of the server does not have them any more, or is another one. */
  missed(error: SignalboxError): void;
}

interface FollowOptions {
  readonly as?: string | undefined;
  /** `seq` of the first event. Default: the next event. */
  readonly from?: number | undefined;
  /** Whether events are wanted as they come, at a price for the server, instead of up to 50 ms later together. */
  readonly atOnce?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly presence: Presence;
}

type Numbered = Event & { readonly seq: number };

/**
 * The events of a server in batches, over broken connections and restarts of the server: each numbered event once, in
 * order. Where it went on is checked by the last event that was had: the log of another store has another one there.
 * @throws SignalboxError where the server refuses, `gone` where `from` was given and the log does not have it.
 */
export async function* follow(link: Link, options: FollowOptions): AsyncGenerator<Event[], void, undefined> {
  const { as, signal, presence, atOnce = false } = options;
  let next = options.from;
  let last: Numbered | undefined;
  let waitMs = 0;
  while (!signal.aborted) {
    /** The event that the log must have at the place where it goes on. */
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
        // The caller named this number: another one would not be what it asked for.
        if (!last && options.from !== undefined) throw error;
        presence.missed(error);
        [last, next] = [undefined, undefined];
      } else if (error instanceof ServerAway) presence.away(error);
      // As many watch as may: when one leaves there is room.
      else if (error instanceof SignalboxError && error.code === 'busy') presence.away(new ServerAway(error.message));
      else throw error;
    }
    await sleep(waitMs, signal);
    waitMs = Math.min(longestWaitMs, Math.max(firstWaitMs, waitMs * 2));
  }
}

const isNumbered = (event: Event): event is Numbered => 'seq' in event;

/** Removes the expected event once it is there. @throws SignalboxError `gone` where another one is in its place. */
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
