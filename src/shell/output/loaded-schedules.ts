import { printable } from '../../host/printable.ts';
import type { Event } from '../../plugin/observer.ts';
import { formatZonedTime } from '../parse/time.ts';

type Loaded = Extract<Event, { readonly type: 'schedule.loaded' }>;

/** Schedules shown; further ones are only counted. */
const maxShown = 5;
/** A server loads its schedules together, so their events are gathered for this long. */
const gatherMs = 100;

/** Lines about loaded schedules, each with its next times. */
export class LoadedSchedules {
  private readonly show: (text: string) => void;
  private gathered: Loaded[] = [];

  constructor(show: (text: string) => void) {
    this.show = show;
  }

  add(event: Loaded): void {
    this.gathered.push(event);
    if (this.gathered.length === 1) setTimeout(() => this.end(), gatherMs).unref();
  }

  private end(): void {
    const loaded = this.gathered;
    this.gathered = [];
    const rest = loaded.length - maxShown;
    const lines = loaded.slice(0, maxShown).map(lineOf);
    this.show([...lines, ...(rest > 0 ? [`${rest} more schedules; schedule list shows them`] : [])].join('\n'));
  }
}

function lineOf({ schedule, when, nextMs, isChanged }: Loaded): string {
  const next = nextMs.length === 0 ? '' : `; next ${nextMs.map(formatZonedTime).join(', ')}`;
  return `schedule ${schedule} ${isChanged ? 'has changed: ' : ''}${printable(when)}${next}`;
}
