import type { Event } from '../../plugin/observer.ts';

type Replaceable = Extract<
  Event,
  { type: 'job.progress' | 'client.state' | 'client.refused' | 'allow-list' | 'store' }
>;

/** Characters: with more than this waiting to be written, the reader counts as stalled. */
const stalledLength = 65_536;
const maxKeys = 20_000;

/**
 * While the reader of the output is stalled, holds back events of which only the newest matters: progress by job, state
 * by client, refusals by source. The protocol bounds all other events: outcomes and output wait at their clients until
 * they are written.
 */
export class NewestEvents {
  private readonly tell: (event: Replaceable, skipped?: number) => void;
  private readonly held = new Map<string, { event: Replaceable; skipped: number }>();
  private waitingLength = 0;

  /** @param tell called with each held event; `skipped` counts the older events it replaces, except for progress. */
  constructor(tell: (event: Replaceable, skipped?: number) => void) {
    this.tell = tell;
  }

  /** @returns false if the event is held back. */
  admits(event: Event): boolean {
    if (event.type === 'job.settled') this.held.delete(`job.progress ${event.id} ${event.client}`);
    const replaceable = asReplaceable(event);
    if (!replaceable || this.waitingLength <= stalledLength) return true;
    const key = keyOf(replaceable);
    // Past the bound, new sources share one entry.
    const heldAs = this.held.has(key) || this.held.size < maxKeys ? key : event.type;
    const before = this.held.get(heldAs);
    this.held.delete(heldAs);
    this.held.set(heldAs, { event: replaceable, skipped: before ? before.skipped + 1 : 0 });
    return false;
  }

  /** Counts text as waiting until it is written. */
  track({ length }: string, written: Promise<void>): void {
    this.waitingLength += length;
    written.then(
      () => {
        this.waitingLength -= length;
        if (this.waitingLength <= stalledLength) this.release();
      },
      () => {},
    );
  }

  /** Passes on all held events. */
  release(): void {
    const all = [...this.held.values()];
    this.held.clear();
    for (const { event, skipped } of all) {
      this.tell(event, skipped > 0 && event.type !== 'job.progress' ? skipped : undefined);
    }
  }
}

function asReplaceable(event: Event): Replaceable | undefined {
  switch (event.type) {
    case 'job.progress':
    case 'client.state':
    case 'client.refused':
    case 'allow-list':
    case 'store':
      return event;
    default:
      return undefined;
  }
}

function keyOf(event: Replaceable): string {
  switch (event.type) {
    case 'job.progress':
      return `${event.type} ${event.id} ${event.client}`;
    case 'client.state':
      return `${event.type} ${event.client}`;
    case 'client.refused':
      return `${event.type} ${event.client ?? event.address} ${event.error.code}`;
    case 'store':
      return `${event.type} ${event.operation}`;
    default:
      return event.type;
  }
}
