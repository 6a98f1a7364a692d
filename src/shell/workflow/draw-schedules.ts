import { printable } from '../../host/printable.ts';
import type { Table } from '../../plugin/builtin-output.ts';
import type { ScheduleView, StoredDecision } from '../../plugin/schedule-calls.ts';
import { formatZonedTime } from '../parse/time.ts';

const shown = 10;

export function schedulesTable(rows: readonly ScheduleView[]): Table<ScheduleView> {
  return {
    ...{ type: 'schedule', rows, empty: 'there are no schedules' },
    columns: [
      { heading: 'SCHEDULE', cell: ({ schedule }) => schedule },
      { heading: 'WHEN', cell: ({ when }) => when, shrinks: true },
      { heading: 'NEXT', cell: ({ nextMs: [next], paused }) => (paused ? 'paused' : timeOf(next)) },
      { heading: 'LAST', cell: ({ decisions }) => wordsOf(decisions.at(-1)) },
    ],
  };
}

/** A schedule with its next times and the results of the last ones. */
export function drawSchedule(view: ScheduleView): string {
  const { schedule, when, nextMs, paused, queuedMs, backfill, decisions } = view;
  return [
    `${schedule}: ${when}${paused ? `, paused by ${paused.actor} at ${formatZonedTime(paused.atMs)}` : ''}`,
    ...nextMs.map((ms) => `  next  ${formatZonedTime(ms)}`),
    ...(queuedMs === undefined ? [] : [`  waits for the previous run: ${formatZonedTime(queuedMs)}`]),
    ...(backfill ? [`  backfill by ${backfill.actor}: ${backfill.left} left`] : []),
    ...decisions.slice(-shown).map((decision) => `  was   ${wordsOf(decision)}`),
  ]
    .map(printable)
    .join('\n');
}

const timeOf = (ms: number | undefined): string => (ms === undefined ? 'none' : formatZonedTime(ms));

function wordsOf(decision: StoredDecision | undefined): string {
  if (!decision) return '-';
  const { action, plannedMs, lastMs, count, isMore, client, reason, run, isBackfill } = decision;
  const when = `${formatZonedTime(plannedMs)}${client === undefined ? '' : ` ${client}`}`;
  if (action === 'skip-many')
    return `${when} to ${timeOf(lastMs)}: ${isMore ? 'more than ' : ''}${count} times not run (${reason})`;
  if (action === 'skip') return `${when}: not run (${reason})`;
  if (run !== undefined) return `${when}: run ${run}${isBackfill ? ', backfill' : ''}`;
  return `${when}: ${action === 'queue' ? 'waits' : 'replaces the previous run'}`;
}
