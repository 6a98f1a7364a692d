import type { Stream } from '../../../schemas/index.ts';
import { streams } from '../../../schemas/words.ts';
import { printable } from '../../host/printable.ts';
import { clientText, type Placed } from '../../place-name.ts';
import type { KeptOutput } from '../../plugin/builtin-output.ts';
import type { JobRef } from '../../plugin/observer.ts';
import { missingOutput } from './missing-output.ts';
import type { OutputEvent } from './output.ts';
import { type ShownLine, StreamLines } from './stream-lines.ts';

/** An unfinished line is shown after this long without output … */
const quietMs = 250;
/** … and at the latest this long after its first byte. */
const latestMs = 1_000;
/** Minimum time between two shown states of a rewritten line, such as a progress bar. */
const rewriteMs = 5_000;

interface Kept {
  readonly lines: StreamLines;
  timer: NodeJS.Timeout | undefined;
  /** Time of the first byte that has not been shown. */
  sinceMs: number | undefined;
  shownAtMs: number;
}

type Job = Pick<JobRef, 'id' | 'client' | 'place'>;

/**
 * Formats the output of jobs as lines with the name of the client: `w1 | text`, or `w1 ! text` for standard error.
 * `w1 |… text` continues a line of that stream that was shown unfinished.
 */
export class OutputLines {
  private readonly show: (lines: string[]) => void;
  private readonly showsRewrites: boolean;
  /** By job and stream. */
  private readonly kept = new Map<string, Kept>();

  constructor(options: {
    /** Called with unfinished lines that have waited long enough. */
    show: (lines: string[]) => void;
    /** Whether to show the intermediate states of a rewritten line. */
    showsRewrites: boolean;
  }) {
    this.show = options.show;
    this.showsRewrites = options.showsRewrites;
  }

  /** @returns the lines to show now. */
  push(event: OutputEvent): string[] {
    const key = keyOf(event, event.stream);
    const kept = this.kept.get(key) ?? {
      lines: new StreamLines(),
      timer: undefined,
      sinceMs: undefined,
      shownAtMs: Number.NEGATIVE_INFINITY,
    };
    this.kept.set(key, kept);
    const shown = written(kept.lines, event);
    if (shown.length > 0) kept.sinceMs = undefined;
    this.schedule(event, kept);
    return shown;
  }

  /** Skips a piece of output. @returns the unfinished line before it. */
  skip(event: OutputEvent): string[] {
    const { stream } = event;
    const kept = this.kept.get(keyOf(event, stream));
    clearTimeout(kept?.timer);
    return kept ? kept.lines.end().map((line) => format(event, stream, line)) : [];
  }

  /** Ends a job. @returns its unfinished lines. */
  end(job: Job): string[] {
    return streams.flatMap((stream) => {
      const key = keyOf(job, stream);
      const kept = this.kept.get(key);
      clearTimeout(kept?.timer);
      this.kept.delete(key);
      return kept ? kept.lines.end().map((line) => format(job, stream, line)) : [];
    });
  }

  /** Ends all jobs. @returns all unfinished lines. */
  endAll(): string[] {
    return [...this.kept.keys()].flatMap((key) => {
      const [id = '', client = ''] = key.split('/');
      return this.end({ id, client });
    });
  }

  private schedule(event: OutputEvent, kept: Kept): void {
    clearTimeout(kept.timer);
    kept.timer = undefined;
    if (!kept.lines.hasUnfinished) {
      kept.sinceMs = undefined;
      return;
    }
    const { isRewritten } = kept.lines;
    if (isRewritten && !this.showsRewrites) return;
    const nowMs = performance.now();
    kept.sinceMs ??= nowMs;
    const soonMs = Math.min(nowMs + quietMs, kept.sinceMs + latestMs);
    const dueMs = isRewritten ? Math.max(soonMs, kept.shownAtMs + rewriteMs) : soonMs;
    kept.timer = setTimeout(() => {
      kept.timer = undefined;
      kept.sinceMs = undefined;
      kept.shownAtMs = performance.now();
      this.show(kept.lines.takeUnfinished().map((line) => format(event, event.stream, line)));
    }, dueMs - nowMs);
  }
}

/** Formats kept output as lines, including an unfinished last line. */
export function linesOf(event: KeptOutput): string[] {
  const lines = new StreamLines();
  return [...written(lines, event), ...lines.end().map((line) => format(event, event.stream, line))];
}

function written(lines: StreamLines, event: KeptOutput): string[] {
  const { stream, data } = event;
  const gap = missingOutput(event);
  // Output after a gap does not continue the line before it.
  const before = gap.length === 0 ? [] : lines.end().map((line) => format(event, stream, line));
  return [...before, ...gap, ...lines.push(data).map((line) => format(event, stream, line))];
}

function format(job: Placed, stream: Stream, { text, continues }: ShownLine): string {
  const mark = stream === 'stdout' ? '|' : '!';
  return `${clientText(job)} ${mark}${continues ? '…' : ''} ${text.split('\t').map(printable).join('\t')}`;
}

/** A job that writes output has a client. */
const keyOf = ({ id, client }: Job, stream: Stream) => `${id}/${client}/${stream}`;
