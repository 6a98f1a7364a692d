import { printable } from '../../host/printable.ts';
import type { JobView } from '../../plugin/job-service.ts';
import { clip } from '../output/text-width.ts';
import { formatDuration } from '../parse/duration.ts';
import { asTyped, jobName } from '../parse/job-id.ts';
import type { Style } from './style.ts';

const barWidth = 12;
/** Columns: a narrower screen shows neither bars nor commands, to leave room for the output of jobs. */
const roomy = 60;

/**
 * A row for each running job, oldest first, as many as fit; the others are counted: `7/w1 calculate  3.2 s
 * ██████▌      54 %  last line of output`, on a narrow screen `7/w1  3.2 s  54 %  last line of output`.
 */
export function liveRows(
  jobs: readonly JobView[],
  options: {
    readonly lastLine: (job: JobView) => string | undefined;
    readonly columns: number;
    readonly rows: number;
    readonly style: Style;
  },
): string[] {
  const { lastLine, columns, rows, style } = options;
  if (jobs.length === 0 || rows < 1) return [];
  const shown = jobs.slice(0, jobs.length <= rows ? rows : rows - 1).sort(asTyped);
  const isNarrow = columns < roomy;
  const heads = shown.map((job) => (isNarrow ? jobName(job) : `${jobName(job)} ${job.command}`));
  const width = Math.min(Math.max(...heads.map((head) => head.length)), Math.max(10, Math.floor(columns / 3)));
  const lines = shown.map((job, index) => {
    const head = clip(heads[index] ?? '', width).padEnd(width);
    const elapsed = job.durationMs === undefined ? '' : formatDuration(job.durationMs);
    // A command that cannot measure its progress reports 0, to show its note.
    const done = job.progress?.fraction
      ? `${isNarrow ? '' : `${bar(job.progress.fraction)} `}${percent(job.progress.fraction)}`
      : '';
    const waiting = job.outputFull ? 'waiting for its output to be read' : undefined;
    const text = printable(waiting ?? job.progress?.note ?? lastLine(job) ?? (isNarrow ? job.command : ''));
    const parts = [style('cyan', head), elapsed.padStart(isNarrow ? 6 : 8), done, style('dim', text)].filter(
      (part) => part.trim() !== '',
    );
    return clip(`  ${parts.join('  ')}`, columns - 1);
  });
  const hidden = jobs.length - shown.length;
  return hidden === 0 ? lines : [...lines, clip(style('dim', `  … and ${hidden} more; jobs lists them`), columns - 1)];
}

function bar(fraction: number): string {
  const eighths = Math.round(fraction * barWidth * 8);
  const part = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8] ?? '';
  return `${'█'.repeat(Math.floor(eighths / 8))}${part}`.padEnd(barWidth, '░');
}

const percent = (fraction: number): string => `${Math.floor(fraction * 100)} %`.padStart(5);
