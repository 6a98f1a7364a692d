import { SignalboxError } from '../../schemas/errors.ts';
import type { Event } from '../jobs/events.ts';
import type { EventReader } from '../plugin/job-service.ts';
import type { View } from './view.ts';

/** The events that are visible to an operator, by its role when each event arrives. Ends when the operator does. */
export async function* seenEvents(
  reader: EventReader,
  { signal, viewOf }: { readonly signal: AbortSignal; readonly viewOf: () => View | undefined },
): AsyncGenerator<Event, void> {
  const leave = () => void reader[Symbol.asyncDispose]();
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  try {
    for await (const event of reader) {
      const view = viewOf();
      if (!view || signal.aborted) break;
      const shown = await view.event(event);
      if (shown) yield shown;
    }
    if (signal.aborted || !viewOf()) throw new SignalboxError('not_allowed', 'the operator was removed');
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
