import type { ServerEvent } from '../../plugin/observer.ts';

type Replaceable = Extract<ServerEvent, { type: 'progress' | 'client' | 'refused' | 'allow-list' }>;

/** With more than this waiting to be written, the reader has stalled. */
const stalledLength = 65_536;
const maxKeys = 20_000;

/**
 * Holds back events of which only the newest matters, while the reader of the output is stalled: progress by job, state by client,
 * refusals by source. All other events are bounded by the protocol: outcomes and output wait at their clients until they are
 * written.
 */
export class NewestEvents {
  private readonly tell: (event: Replaceable, facts: { ts: number; skipped?: number }) => void;
  private readonly held = new Map<string, { event: Replaceable; ts: number; skipped: number }>();
  private waitingLength = 0;

  /** @param tell is given what was held back; `skipped` counts older events that it stands for, progress aside. */
  constructor(tell: (event: Replaceable, facts: { ts: number; skipped?: number }) => void) {
    this.tell = tell;
  }

  /** @returns false where the event is held back. */
  admits(event: ServerEvent): boolean {
    if (event.type === 'result' || event.type === 'rejected') this.held.delete(`progress ${event.id} ${event.client}`);
    const key = keyOf(event);
    if (key === undefined || this.waitingLength <= stalledLength) return true;
    // Past the bound, new sources share one entry.
    const heldAs = this.held.has(key) || this.held.size < maxKeys ? key : event.type;
    const before = this.held.get(heldAs);
    this.held.delete(heldAs);
    this.held.set(heldAs, { event: event as Replaceable, ts: Date.now(), skipped: before ? before.skipped + 1 : 0 });
    return false;
  }

  /** Counts text that is being written, until it is. */
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

  /** Tells all that is held back. */
  release(): void {
    const all = [...this.held.values()];
    this.held.clear();
    for (const { event, ts, skipped } of all) {
      this.tell(event, { ts, ...(skipped > 0 && event.type !== 'progress' && { skipped }) });
    }
  }
}

function keyOf(event: ServerEvent): string | undefined {
  switch (event.type) {
    case 'progress':
      return `progress ${event.id} ${event.client}`;
    case 'client':
      return `client ${event.client}`;
    case 'refused':
      return `refused ${event.client ?? event.address} ${event.error.code}`;
    case 'allow-list':
      return 'allow-list';
    default:
      return undefined;
  }
}
