import type { Stream } from '../../../schemas/index.ts';
import type { Event, JobRef } from '../../plugin/observer.ts';

const maxLineBytes = 512;

/** The last line of output of each running job. */
export class LastLines {
  /** By job: its last line, and the ends of its streams. */
  private readonly said = new Map<string, { line?: string; ends: Partial<Record<Stream, Buffer>> }>();

  of({ id, client }: Pick<JobRef, 'id' | 'client'>): string | undefined {
    return this.said.get(`${id}/${client}`)?.line;
  }

  event(event: Event): void {
    if (event.type === 'job.settled') this.said.delete(`${event.id}/${event.client}`);
    if (event.type !== 'job.output') return;
    const said = this.said.get(`${event.id}/${event.client}`) ?? { ends: {} };
    this.said.set(`${event.id}/${event.client}`, said);
    // A line may arrive in pieces.
    const before = said.ends[event.stream] ?? Buffer.alloc(0);
    const end = Buffer.concat([before, event.data.subarray(-maxLineBytes)]).subarray(-maxLineBytes);
    said.ends[event.stream] = end;
    const line = end
      .toString()
      .split(/[\r\n]+/)
      .findLast((one) => one.trim() !== '');
    if (line !== undefined) said.line = line;
  }
}
