import type { Stream } from '../../schemas/index.ts';
import type { Event, JobRef } from '../jobs/events.ts';
import type { OutputRun } from '../kept-output.ts';
import { jobKeyText } from '../place-name.ts';

/** End of a stream of a job that ran before this process listened: earlier output is not requested. */
const unknown = -1;

type OutputEvent = Extract<Event, { type: 'job.output' }>;

interface Ends extends Record<Stream, number> {
  readonly ref: JobRef;
  /** Whether output may have arrived while this process was not connected. */
  isBehind: boolean;
}

/**
 * The end of the reported output of each running job, so that after a lost connection nothing is missing or repeated.
 */
export class KnownOutput {
  private readonly jobs = new Map<string, Ends>();
  private upSinceMs = 0;

  /** Called after a reconnect: running jobs may have more output. @returns those jobs. */
  up(): JobRef[] {
    this.upSinceMs = Date.now();
    for (const ends of this.jobs.values()) ends.isBehind = true;
    return [...this.jobs.values()].map(({ ref }) => ref);
  }

  /** Whether output before this event is missing. */
  isMissing(event: Event): event is Event & JobRef {
    if (event.type === 'job.settled') return this.jobs.get(jobKeyText(event))?.isBehind ?? false;
    if (event.type !== 'job.output') return false;
    const ends = this.jobs.get(jobKeyText(event));
    const end = ends?.[event.stream] ?? unknown;
    return end !== unknown && event.offset - (event.lostBytes ?? 0) - (event.takenBytes ?? 0) > end;
  }

  /** The unreported part of these runs, as events. */
  missing(ref: JobRef, runs: readonly OutputRun[], atMs: number): OutputEvent[] {
    return runs.flatMap((run) => {
      const end = this.jobs.get(jobKeyText(ref))?.[run.stream] ?? unknown;
      if (end === unknown) return [];
      const gap = run.offset - end;
      const event = { type: 'job.output', ...refOf(ref), atMs, ...run } as const;
      return this.take({ ...event, ...(gap > 0 && { lostBytes: gap }) }) ?? [];
    });
  }

  /** The event without output that was reported before; undefined if nothing is left. */
  take<E extends Event>(event: E): E | undefined {
    if (event.type === 'job.submitted') {
      const isBehind = event.atMs < this.upSinceMs;
      this.jobs.set(jobKeyText(event), { ref: refOf(event), stdout: 0, stderr: 0, isBehind });
    } else if (event.type === 'job.placed') this.placed(event);
    if (event.type === 'job.settled') this.jobs.delete(jobKeyText(event));
    return event.type === 'job.output' ? (this.takeOutput(event) as E | undefined) : event;
  }

  private takeOutput(event: OutputEvent): OutputEvent | undefined {
    const { stream, offset, data } = event;
    const ends = this.endsOf(event);
    const told = ends[stream] === unknown ? 0 : ends[stream] - offset;
    if (data.length > 0 && told >= data.length) return undefined;
    ends[stream] = Math.max(ends[stream], offset + data.length);
    if (told <= 0) return event;
    const { lostBytes: _lost, takenBytes: _taken, ...rest } = event;
    return { ...rest, offset: offset + told, data: data.subarray(told) };
  }

  /** Called when a place has its client. */
  private placed(event: Event & JobRef): void {
    const ends = this.jobs.get(jobKeyText(event));
    if (ends) this.jobs.set(jobKeyText(event), { ...ends, ref: refOf(event) });
  }

  private endsOf(event: OutputEvent): Ends {
    const key = jobKeyText(event);
    let ends = this.jobs.get(key);
    if (!ends) {
      ends = { ref: refOf(event), stdout: unknown, stderr: unknown, isBehind: false };
      this.jobs.set(key, ends);
    }
    return ends;
  }
}

const refOf = ({ id, number, client, place, command, adopted }: JobRef): JobRef => ({
  ...{ id, number, client, command },
  ...(place !== undefined && { place }),
  ...(adopted && { adopted }),
});
