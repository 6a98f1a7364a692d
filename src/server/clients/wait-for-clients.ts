import { SignalboxError } from '../../../schemas/index.ts';
import type { Sight } from '../../plugin/guard.ts';
import type { EventBus } from '../event-bus.ts';
import type { Roster } from './roster.ts';

/** Resolves when `count` clients have listed their jobs. @param signal ends the wait; its reason is thrown. */
export async function waitForClients(
  count: number,
  {
    roster,
    events,
    sight,
    signal,
  }: {
    roster: Roster;
    events: EventBus;
    sight: Pick<Sight, 'seesClient'> | undefined;
    signal: AbortSignal | undefined;
  },
): Promise<void> {
  await using reader = events.read({ signal });
  const here = () =>
    sight
      ? roster.connected().filter(({ name, synced }) => synced && sight.seesClient(name)).length
      : roster.syncedCount;
  while (here() < count) {
    const { done } = await reader.next();
    if (!done) continue;
    signal?.throwIfAborted();
    throw new SignalboxError('closed', 'this server has been closed');
  }
}
