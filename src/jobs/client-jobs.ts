import { type Linked, LinkedList } from './linked-list.ts';

/**
 * The unsettled jobs of one client. Its status is `offline`; `away`: offline for longer than `lostAfterMs`; `given-up`:
 * also longer than `recoverWithinMs`; `syncing`: it lists its jobs, and nothing new is sent; or `online`.
 */
export class ClientJobs<Job extends Linked<Job>> {
  readonly client: string;
  status: 'offline' | 'away' | 'given-up' | 'syncing' | 'online' = 'offline';
  offlineSinceMs = 0;
  /** Boot id of the process that opened the session. */
  sessionBootId: string | undefined;
  /** Sent jobs, in order. */
  readonly sent = new LinkedList<Job>();
  /** Unsent jobs, in order of submission. */
  waiting = new LinkedList<Job>();
  /** Number of jobs that wait for their turn in a batch. */
  held = 0;
  /** Number of commands that were sent and not answered. */
  unanswered = 0;
  /** Unanswered commands that have not arrived, and are sent again in turn. */
  again: Set<Job> | undefined;
  /** Number of unsettled jobs that are known only because the client listed them. */
  claimed = 0;

  constructor(client: string) {
    this.client = client;
  }

  get isConnected(): boolean {
    return this.status === 'syncing' || this.status === 'online';
  }

  /** Removes and returns all waiting jobs except those that stay. */
  takeWaiting(stays: (job: Job) => boolean): LinkedList<Job> {
    const taken = this.waiting;
    this.waiting = new LinkedList<Job>();
    for (const job of [...taken]) if (stays(job)) this.waiting.add(job);
    return taken;
  }
}
