import { type Linked, LinkedList } from './linked-list.ts';

/**
 * The unsettled jobs of one client. Its status is `offline`, `away` (offline for longer than `lostAfterMs`), `given-up` (for
 * longer than `recoverWithinMs`, too), `syncing` (it lists its jobs; nothing new is sent) or `online`.
 */
export class ClientJobs<Job extends Linked<Job>> {
  readonly client: string;
  status: 'offline' | 'away' | 'given-up' | 'syncing' | 'online' = 'offline';
  offlineSinceMs = 0;
  /** Boot id of the process that began the session. */
  sessionBootId: string | undefined;
  /** The sent ones, in order. */
  readonly sent = new LinkedList<Job>();
  /** The unsent ones, in order of submission. */
  waiting = new LinkedList<Job>();
  /** Number of jobs whose turn in a batch has not come. */
  held = 0;
  /** Number of commands sent and not answered. */
  unanswered = 0;
  /** Those of them that have not arrived, and are sent again in their turn. */
  again: Set<Job> | undefined;
  /** Number of unsettled jobs that are known only because the client has listed them. */
  claimed = 0;

  constructor(client: string) {
    this.client = client;
  }

  get isConnected(): boolean {
    return this.status === 'syncing' || this.status === 'online';
  }

  /** Removes and returns all waiting jobs but those that stay. */
  takeWaiting(stays: (job: Job) => boolean): LinkedList<Job> {
    const taken = this.waiting;
    this.waiting = new LinkedList<Job>();
    for (const job of [...taken]) if (stays(job)) this.waiting.add(job);
    return taken;
  }
}
