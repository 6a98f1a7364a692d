import type { FromClient, FromServer, Message, MessageId } from '../../schemas/index.ts';

interface Held {
  readonly id: string;
  state: 'running' | 'completed' | 'cancelled' | 'rejected';
  /** The session has requested it, or it started in it. */
  attached: boolean;
}

/** One life of a client, as small as the protocol allows: it has one boot id from its start to its end. */
export class ScriptedClient {
  /** Every id that ever started here. */
  readonly ran = new Set<string>();
  readonly held = new Map<string, Held>();
  /** The ids that it refused because a later one of the same epoch had arrived before. */
  readonly overtaken: string[] = [];
  private readonly seen = new Set<string>();
  private readonly cancelledAhead = new Set<string>();
  private readonly say: (message: FromClient) => void;
  /** By epoch. */
  private readonly highest = new Map<string, number>();

  /** A server may send an id again if its store was restored. */
  mayRepeat = false;

  /** `say` is the line to the server. `jobs` already run, for a server of another boot. */
  constructor(say: (message: FromClient) => void, jobs: readonly string[]) {
    this.say = say;
    for (const id of jobs) this.held.set(id, { id, state: 'running', attached: false });
  }

  /** Reports its jobs, as the answer to `welcome`. */
  list(): void {
    for (const job of this.held.values()) {
      job.attached = false;
      const settled = job.state !== 'running';
      this.say({
        type: 'job',
        id: job.id,
        command: 'work',
        state: settled ? 'settled' : 'running',
        ...(job.state !== 'running' && { outcome: job.state }),
        offsets: {},
      });
    }
    this.say({ type: 'jobs-end', elsewhere: 0 });
  }

  /** @param message with whole ids. */
  receive(message: FromServer, rejects: boolean): void {
    if (message.type === 'command') this.command(message, rejects);
    else if (message.type === 'cancel') this.cancel(whole(message.id));
    else if (message.type === 'ack') for (const id of message.ids) this.acked(whole(id));
    else if (message.type === 'fetch') this.fetched(whole(message.id));
  }

  /** Ends the job at this index of the running ones. */
  finish(place: number): void {
    const running = [...this.held.values()].filter(({ state }) => state === 'running');
    const job = running[place % running.length];
    if (job) this.settle(job, 'completed');
  }

  get runningCount(): number {
    return this.running.length;
  }

  /** The ids of the running jobs. */
  get running(): string[] {
    return [...this.held.values()].filter(({ state }) => state === 'running').map(({ id }) => id);
  }

  hasSeen(id: string): boolean {
    return this.seen.has(id);
  }

  private command(message: Message<FromServer, 'command'>, rejects: boolean): void {
    const id = whole(message.id);
    const [epoch = '', text] = id.split('.');
    const counter = Number(text);
    const highest = this.highest.get(epoch) ?? 0;
    if (this.seen.has(id) && !this.mayRepeat) throw new Error(`${id} came again`);
    const held = this.held.get(id);
    if (held) {
      if (held.attached) this.tell(held);
      return;
    }
    if (counter <= highest) {
      if (!this.seen.has(id)) this.overtaken.push(id);
      this.say({ type: 'stale', id });
      return;
    }
    this.highest.set(epoch, counter);
    this.seen.add(id);
    const job: Held = { id, state: 'running', attached: true };
    this.held.set(id, job);
    if (rejects) this.settle(job, 'rejected');
    else if (this.cancelledAhead.delete(id)) this.settle(job, 'cancelled');
    else {
      this.ran.add(id);
      this.say({ type: 'accepted', id });
    }
  }

  private cancel(id: string): void {
    const job = this.held.get(id);
    if (!job) this.cancelledAhead.add(id);
    else if (job.state === 'running') this.settle(job, 'cancelled');
  }

  private acked(id: string): void {
    if (this.held.get(id)?.state === 'running') throw new Error(`${id} was acked while it runs`);
    this.held.delete(id);
  }

  private fetched(id: string): void {
    const job = this.held.get(id);
    if (!job) return;
    job.attached = true;
    this.tell(job);
  }

  private settle(job: Held, state: 'completed' | 'cancelled' | 'rejected'): void {
    job.state = state;
    if (job.attached) this.tell(job);
  }

  private tell({ id, state }: Held): void {
    const error = { code: 'not_ready', message: 'no' } as const;
    if (state === 'rejected') this.say({ type: 'rejected', id, error });
    else if (state === 'completed') this.say({ type: 'result', id, outcome: 'completed', result: id, durationMs: 0 });
    else if (state === 'cancelled') this.say(cancelled(id));
  }
}

const cancelled = (id: MessageId) =>
  ({
    type: 'result',
    id,
    outcome: 'cancelled',
    durationMs: 0,
    error: { code: 'cancelled', message: 'cancelled by the server' },
  }) as const;

function whole(id: MessageId): string {
  if (typeof id === 'string') return id;
  throw new Error(`${id} is not a whole id`);
}
