import { failedTasks } from '../../failed-tasks.ts';
import { printable } from '../../host/printable.ts';
import type { Event } from '../../plugin/observer.ts';
import { formatDuration } from '../parse/duration.ts';

type Ended = Extract<Event, { readonly type: 'workflow.ended' }>;

/** Lines about ended runs: the duration, if their begin was seen from here, and what failed. */
export class RunEnds {
  private readonly startedAtMs = new Map<number, number>();

  event(event: Event): void {
    if (event.type !== 'workflow.started') return;
    const { run, task, atMs } = event;
    if (task === undefined || !this.startedAtMs.has(run)) this.startedAtMs.set(run, atMs);
  }

  /** `run 2 of nightly failed after 6.2 s: verify failed, exit code 2` */
  end({ run, workflow, outcome, atMs, failed = [], moreFailed }: Ended): string {
    const startedAtMs = this.startedAtMs.get(run);
    this.startedAtMs.delete(run);
    const took = startedAtMs === undefined ? '' : ` after ${formatDuration(Math.max(0, atMs - startedAtMs))}`;
    const tasks = failedTasks(failed, moreFailed);
    const why = tasks === undefined ? '' : `: ${tasks}`;
    return printable(`run ${run} of ${workflow} ${outcome}${took}${why}`);
  }
}
