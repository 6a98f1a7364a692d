import type { JobRef, ServerEvent } from '../../index.ts';
import { shortId } from '../job-id.ts';

const maxLines = 200;
const perMs = 1_000;

interface Shown {
  sinceMs: number;
  lines: number;
  hidden: number;
}

/** Lets so many lines of a job through in a second; how many more there were is said when they stop. */
export class OutputCut {
  private readonly jobs = new Map<string, Shown>();
  private readonly say: (text: string) => void;
  private readonly bootId: string;

  constructor(say: (text: string) => void, bootId: string) {
    this.say = say;
    this.bootId = bootId;
  }

  /** Whether this piece of output is shown. */
  admit(event: Extract<ServerEvent, { type: 'output' }>): boolean {
    const key = `${event.id}/${event.client}`;
    const shown = this.jobs.get(key) ?? { sinceMs: performance.now(), lines: 0, hidden: 0 };
    this.jobs.set(key, shown);
    const nowMs = performance.now();
    if (nowMs - shown.sinceMs > perMs) {
      this.tell(event, shown);
      shown.sinceMs = nowMs;
      shown.lines = 0;
    }
    const lines = countLines(event.data);
    if (shown.lines >= maxLines) {
      shown.hidden += lines;
      return false;
    }
    shown.lines += lines;
    return true;
  }

  /** The job has ended. */
  end(job: JobRef): void {
    const key = `${job.id}/${job.client}`;
    const shown = this.jobs.get(key);
    if (shown) this.tell(job, shown);
    this.jobs.delete(key);
  }

  private tell({ id, client }: JobRef, shown: Shown): void {
    if (shown.hidden === 0) return;
    this.say(`${client} … ${shown.hidden} more lines: logs ${shortId(id, this.bootId)}/${client}`);
    shown.hidden = 0;
  }
}

function countLines(data: Uint8Array): number {
  let lines = 0;
  for (const byte of data) if (byte === 10) lines += 1;
  return Math.max(1, lines);
}
