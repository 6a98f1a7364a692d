import type { Event } from '../../src/jobs/events.ts';
import type { EventReader } from '../../src/plugin/job-service.ts';

/** A reader that passes events to these listeners. */
export function readerOf(listeners: Set<(event: Event) => void>, signal: AbortSignal | undefined): EventReader {
  const queue: Event[] = [];
  let wake = () => {};
  const on = (event: Event): void => {
    queue.push(event);
    wake();
  };
  listeners.add(on);
  signal?.addEventListener('abort', () => wake(), { once: true });
  async function* read(): AsyncGenerator<Event, void, void> {
    while (!signal?.aborted) {
      const event = queue.shift();
      if (event) yield event;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }
  const events = read();
  return Object.assign(events, {
    hold: () => () => {},
    [Symbol.asyncDispose]: async () => void listeners.delete(on),
  }) as unknown as EventReader;
}
