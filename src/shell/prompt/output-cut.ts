import type { JobRef } from '../../plugin/observer.ts';
import type { OutputEvent } from '../output/output.ts';
import { jobName } from '../parse/job-id.ts';

const maxLines = 200;
/** Bound for output without line breaks and for long lines. */
const maxBytes = 65_536;
const perMs = 1_000;

interface Shown {
  sinceMs: number;
  lines: number;
  bytes: number;
  hiddenLines: number;
  hiddenBytes: number;
}

/** Bounds the lines and bytes of a job that are shown per second, and reports afterwards how much was hidden. */
export class OutputCut {
  private readonly jobs = new Map<string, Shown>();
  private readonly say: (text: string) => void;

  constructor(say: (text: string) => void) {
    this.say = say;
  }

  /** Whether this piece of output is shown. */
  admit(event: OutputEvent): boolean {
    const key = `${event.id}/${event.client}`;
    const nowMs = performance.now();
    const shown = this.jobs.get(key) ?? fresh(nowMs);
    this.jobs.set(key, shown);
    if (nowMs - shown.sinceMs > perMs) {
      this.tell(event, shown);
      Object.assign(shown, fresh(nowMs));
    }
    const lines = countLines(event.data);
    if (shown.lines >= maxLines || shown.bytes >= maxBytes) {
      shown.hiddenLines += lines;
      shown.hiddenBytes += event.data.byteLength;
      return false;
    }
    shown.lines += lines;
    shown.bytes += event.data.byteLength;
    return true;
  }

  /** Ends a job. */
  end(job: JobRef): void {
    const key = `${job.id}/${job.client}`;
    const shown = this.jobs.get(key);
    if (shown) this.tell(job, shown);
    this.jobs.delete(key);
  }

  private tell(job: JobRef, shown: Shown): void {
    const { hiddenLines, hiddenBytes } = shown;
    if (hiddenBytes === 0) return;
    const more = hiddenLines > 0 ? `${hiddenLines} more lines` : `${hiddenBytes} more bytes`;
    this.say(`${job.client} … ${more}: logs ${jobName(job)}`);
  }
}

function fresh(sinceMs: number): Shown {
  return { sinceMs, lines: 0, bytes: 0, hiddenLines: 0, hiddenBytes: 0 };
}

function countLines(data: Uint8Array): number {
  let lines = 0;
  for (const byte of data) if (byte === 10) lines += 1;
  return lines;
}
