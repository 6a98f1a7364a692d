import { type Linked, LinkedList } from './linked-list.ts';

/**
 * The unsettled jobs of one client. Its status is `offline`, `away` (offline for longer than `lostAfterMs`), `syncing`
 * (it lists its jobs; nothing new is sent) or `online`.
 */
export class ClientJobs<Job extends Linked<Job>> {
  readonly client: string;
  status: 'offline' | 'away' | 'syncing' | 'online' = 'offline';
  offlineSinceMs = 0;
  /** Boot id of the process that last completed its list. */
  bootId: string | undefined;
  /** Boot id of the process that began the session. */
  sessionBootId: string | undefined;
  /** The sent ones, in order. */
  readonly sent = new LinkedList<Job>();
  /** The unsent ones, in order of submission. */
  waiting = new LinkedList<Job>();
  /** Number of commands sent and not answered. */
  unanswered = 0;
  /** Number of unsettled jobs adopted from other servers. */
  adopted = 0;

  constructor(client: string) {
    this.client = client;
  }

  get isConnected(): boolean {
    return this.status === 'syncing' || this.status === 'online';
  }

  /** Removes and returns all waiting jobs. */
  takeAllWaiting(): LinkedList<Job> {
    const all = this.waiting;
    this.waiting = new LinkedList<Job>();
    return all;
  }
}
