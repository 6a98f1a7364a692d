import type { Entry } from './ledger-entry.ts';

/** What the ledger holds of one client. */
export class Account {
  readonly client: string;
  status: 'offline' | 'syncing' | 'online' = 'offline';
  offlineSinceMs = 0;
  /** By id, in the order they were submitted. */
  readonly unsettled = new Map<string, Entry>();
  /** Of those, what has not been sent, in order. */
  readonly waiting = new Set<Entry>();
  /** Of those, what can expire. */
  readonly expiring = new Set<Entry>();
  /** How many are sent and not answered. */
  unanswered = 0;

  /** How many of the unsettled were begun for another server. */
  adopted = 0;

  constructor(client: string) {
    this.client = client;
  }
}
