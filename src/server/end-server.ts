import { setImmediate as nextTurn } from 'node:timers/promises';
import { SignalboxError } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import type { Listener } from '../wire/listener.ts';
import type { Door } from './admission/door.ts';
import type { Refusals } from './admission/refusals.ts';
import type { Fleet } from './clients/fleet.ts';
import type { EventBus } from './event-bus.ts';
import type { Journal } from './journal/journal.ts';
import type { Sessions } from './sessions/sessions.ts';

/** Maximum time that closing waits for clients that do not answer, in ms. */
const flushMs = 250;
/** Maximum total time that closing waits for a store that does not answer, in ms. */
const storeMs = 5_000;

/** Ends the parts of a server in order. */
export async function endServer(parts: {
  readonly door: Door | undefined;
  readonly fleet: Fleet;
  readonly sessions: Sessions;
  readonly listener: Listener;
  readonly journal: Journal | undefined;
  readonly refusals: Refusals;
  readonly events: EventBus;
}): Promise<void> {
  const { door, fleet, sessions, listener, journal, refusals, events } = parts;
  door?.[Symbol.dispose]();
  fleet.serverEnds();
  // Send the messages of this turn first: acks let clients forget settled jobs.
  await nextTurn();
  await nextTurn();
  const storeUntilMs = monotonicMs() + storeMs;
  await journal?.flushed(storeMs);
  await sessions.flushed(flushMs);
  const receiving = sessions.close();
  await listener[Symbol.asyncDispose]();
  await receiving;
  await journal?.flushed(Math.max(0, storeUntilMs - monotonicMs()));
  journal?.end(new SignalboxError('closed', 'this server has been closed'));
  // From now on nobody can be refused.
  refusals[Symbol.dispose]();
  events.close();
}
