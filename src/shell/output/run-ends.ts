import type { Event } from '../../plugin/observer.ts';
import { formatDuration } from '../parse/duration.ts';

interface OpenRun {
  readonly startedAtMs: number;
  /** States of tasks that ended without completing. */
  readonly failed: Map<string, string>;
}

type Ended = Extract<Event, { readonly type: 'workflow.ended' }>;

const isFine: ReadonlySet<string> = new Set(['running', 'delayed', 'skipped', 'completed']);

/** Lines about ended runs: the duration and what failed, as far as their events were seen from here. */
export class RunEnds {
  private readonly open = new Map<number, OpenRun>();

  event(event: Event): void {
    if (event.type === 'workflow.started' && (event.task === undefined || !this.open.has(event.run))) {
      this.open.set(event.run, { startedAtMs: event.atMs, failed: new Map() });
    } else if (event.type === 'workflow.task') {
      const failed = this.open.get(event.run)?.failed;
      if (isFine.has(event.state)) failed?.delete(event.task);
      else failed?.set(event.task, event.state);
    }
  }

  /** `run 2 of nightly failed after 6.2 s: verify failed` */
  end({ run, workflow, outcome, atMs }: Ended): string {
    const known = this.open.get(run);
    this.open.delete(run);
    const line = `run ${run} of ${workflow} ${outcome}`;
    if (!known) return line;
    const took = ` after ${formatDuration(Math.max(0, atMs - known.startedAtMs))}`;
    const [first, ...others] = known.failed;
    if (!first || outcome !== 'failed') return `${line}${took}`;
    return `${line}${took}: ${first.join(' ')}${others.length > 0 ? ` and ${others.length} more` : ''}`;
  }
}
