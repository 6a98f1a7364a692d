import { type Member, seenState } from '../clients/roster.ts';
import type { EventBus } from '../event-bus.ts';

/** Emits the state of a client as it is now. */
export function emitState(
  events: EventBus,
  member: Member,
  facts: { readonly reason?: string; readonly elsewhere?: number } = {},
): void {
  const { name: client } = member;
  events.emit({ type: 'client.state', client, state: seenState(member), ...facts });
}
