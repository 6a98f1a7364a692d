import { fewNames, foldNames } from '../../fold-names.ts';
import type { RunDetails, RunView, TaskView } from '../../plugin/workflow-calls.ts';
import { formatDuration } from '../parse/duration.ts';
import { formatTime } from '../parse/time.ts';

/** A run in one line. */
export function runLine({ run, workflow, state, actor, startedAtMs, endedAtMs, problem }: RunView): string {
  const took = endedAtMs === undefined ? '' : ` after ${formatDuration(endedAtMs - startedAtMs)}`;
  const why = problem === undefined ? '' : `; it waits: ${problem}`;
  return `run ${run} of ${workflow}: ${state}${took} (by ${actor}, ${formatTime(startedAtMs)})${why}`;
}

/** A run as a tree: each task stands below the last one that it needs, and names the others. */
export function drawRun(run: RunDetails): string {
  const { tasks } = run;
  const places = new Map(tasks.map(({ task }, place) => [task, place]));
  const below = new Map<string, TaskView[]>();
  for (const task of tasks) {
    const [parent = ''] = task.needs.toSorted((a, b) => (places.get(b) ?? 0) - (places.get(a) ?? 0));
    below.set(parent, [...(below.get(parent) ?? []), task]);
  }
  const rows: { readonly head: string; readonly task: TaskView }[] = [];
  const add = (parent: string, indent: string): void => {
    const children = below.get(parent) ?? [];
    for (const [place, task] of children.entries()) {
      const isLast = place === children.length - 1;
      const branch = parent === '' ? '' : isLast ? '└─ ' : '├─ ';
      rows.push({ head: `${indent}${branch}${task.task}`, task });
      add(task.task, parent === '' ? indent : `${indent}${isLast ? '   ' : '│  '}`);
    }
  };
  add('', '  ');
  const width = Math.min(60, Math.max(0, ...rows.map(({ head }) => head.length)));
  return [runLine(run), ...rows.map(({ head, task }) => `${head.padEnd(width)}  ${stateOf(task)}`)].join('\n');
}

function stateOf({
  state,
  needs,
  attempts,
  number,
  clients = [],
  untilMs,
  question,
  approval,
  error,
  ...task
}: TaskView) {
  const parts = [
    state === 'asking' ? `asks: ${question}` : state,
    ...(number === undefined ? [] : [`job ${number} on ${foldNames(clients, fewNames)}`]),
    ...(attempts > 1 ? [`attempt ${attempts}`] : []),
    ...(untilMs === undefined ? [] : [`again at ${formatTime(untilMs)}`]),
    ...(approval ? [`${approval.answer} by ${approval.actor}`] : []),
    ...(task.isPassed ? ['the run began behind it'] : []),
    ...(needs.length > 1 ? [`needs ${foldNames(needs, fewNames)}`] : []),
    ...(error === undefined ? [] : [error]),
  ];
  return parts.join(', ');
}
