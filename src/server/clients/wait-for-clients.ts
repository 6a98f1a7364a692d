import { SignalboxError } from '../../../schemas/index.ts';
import type { EventBus } from '../event-bus.ts';
import type { Roster } from './roster.ts';

/** Resolves when so many clients have listed their jobs. @param signal ends the wait; its reason is thrown. */
export async function waitForClients(
  count: number,
  { roster, events, signal }: { roster: Roster; events: EventBus; signal: AbortSignal | undefined },
): Promise<void> {
  await using reader = events.read({ signal });
  while (roster.syncedCount < count) {
    const { done } = await reader.next();
    if (!done) continue;
    signal?.throwIfAborted();
    throw new SignalboxError('closed', 'this server has been closed');
  }
}
