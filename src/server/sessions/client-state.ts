import { type Member, seenState } from '../clients/roster.ts';
import type { EventBus } from '../event-bus.ts';

/** Emits the current state of a client. */
export function emitState(
  events: EventBus,
  member: Member,
  facts: { readonly reason?: string; readonly elsewhere?: number } = {},
): void {
  const { name: client } = member;
  events.emit({ type: 'client.state', client, state: seenState(member), ...facts });
}
