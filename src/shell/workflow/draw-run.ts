import { fewNames, foldNames } from '../../fold-names.ts';
import { printable } from '../../host/printable.ts';
import type { RunDetails, RunView, TaskView } from '../../plugin/workflow-calls.ts';
import { formatDuration } from '../parse/duration.ts';
import { formatTime } from '../parse/time.ts';

/** Deeper tasks are not indented further. */
const maxDepth = 12;

/** In a matrix with more combinations, those in the same state share a row. */
const maxCombinations = 12;

/** Characters of an error; `job N` shows all of it. */
const maxError = 100;

/** A run in one line. */
export function runLine({ run, workflow, state, actor, startedAtMs, endedAtMs, problem }: RunView): string {
  const took = endedAtMs === undefined ? '' : ` after ${formatDuration(endedAtMs - startedAtMs)}`;
  const why = problem === undefined ? '' : `; it cannot continue: ${problem}`;
  return printable(`run ${run} of ${workflow}: ${state}${took} (by ${actor}, ${formatTime(startedAtMs)})${why}`);
}

/** A run as a tree: each task is below the last task that it needs, and names the others. */
export function drawRun(run: RunDetails): string {
  const rows = rowsOf(run.tasks);
  const width = Math.min(60, Math.max(0, ...rows.map(({ head }) => head.length)));
  return [runLine(run), ...rows.map(({ head, state }) => `${head.padEnd(width)}  ${state}`)].join('\n');
}

function rowsOf(tasks: readonly TaskView[]): Row[] {
  const places = new Map(tasks.map(({ task }, place) => [task, place]));
  const below = Map.groupBy(tasks, ({ needs }) => needs.reduce((last, need) => laterOf(last, need, places), ''));
  const rows: Row[] = [];
  /** A stack of rows to show. No recursion, because a chain can be as long as a workflow. */
  const open: (Row & { readonly members: readonly string[]; readonly inside: string; readonly depth: number })[] = [];
  const add = (parents: readonly string[], indent: string, depth: number): void => {
    const children = foldMatrices(parents.flatMap((parent) => below.get(parent) ?? []));
    const shown = children.map(({ name, state, members }, place) => {
      const isLast = place === children.length - 1;
      const branch = depth === 0 ? '' : isLast ? '└─ ' : '├─ ';
      const isDeep = depth === 0 || depth >= maxDepth;
      const inside = isDeep ? indent : `${indent}${isLast ? '   ' : '│  '}`;
      return { head: `${indent}${branch}${printable(name)}`, state: printable(state), members, inside, depth };
    });
    open.push(...shown.toReversed());
  };
  add([''], '  ', 0);
  for (let row = open.pop(); row; row = open.pop()) {
    rows.push(row);
    add(row.members, row.inside, row.depth + 1);
  }
  return rows;
}

interface Row {
  readonly head: string;
  readonly state: string;
}

const laterOf = (one: string, other: string, places: ReadonlyMap<string, number>): string =>
  (places.get(other) ?? -1) > (places.get(one) ?? -1) ? other : one;

/** The content of a row: a task, or combinations of a large matrix in the same state. */
interface Shown {
  readonly name: string;
  readonly state: string;
  readonly members: readonly string[];
}

function foldMatrices(tasks: readonly TaskView[]): Shown[] {
  const sizes = Map.groupBy(tasks, ({ task }) => nameOf(task));
  const foldOf = ({ task, state, error }: TaskView): string => {
    const name = nameOf(task);
    const isAlone = (sizes.get(name)?.length ?? 0) <= maxCombinations || state === 'asking' || error !== undefined;
    return isAlone ? task : `${name} ${state}`;
  };
  const places = new Map(tasks.map((task, place) => [task, place]));
  const lastOf = (members: readonly TaskView[]) => places.get(members.at(-1) as TaskView) ?? 0;
  // Later tasks are below the last one.
  const groups = [...Map.groupBy(tasks, foldOf).values()].sort((one, other) => lastOf(one) - lastOf(other));
  return groups.map((members): Shown => {
    const [first, second] = members as [TaskView, TaskView?];
    const names = members.map(({ task }) => task);
    if (!second) return { name: first.task, state: stateOf(first), members: names };
    const name = nameOf(first.task);
    const total = sizes.get(name)?.length;
    return { name: `${name} (${members.length} of ${total})`, state: first.state, members: names };
  });
}

/** The name of a task, without matrix values. */
const nameOf = (task: string): string => task.split('[')[0] ?? task;

/** `test (9), build` */
function wordsOfNeeds(needs: readonly string[]): string {
  const counts = [...Map.groupBy(needs, nameOf)].map(([name, all]) =>
    all.length > 1 ? `${name} (${all.length})` : name,
  );
  return foldNames(counts, fewNames);
}

function stateOf({
  state,
  needs,
  attempts,
  number,
  clients = [],
  actor,
  untilMs,
  question,
  approval,
  error,
  ...task
}: TaskView): string {
  const parts = [
    state === 'asking' ? `asks: ${question}` : state,
    ...(number === undefined ? [] : [`job ${number} on ${foldNames(clients, fewNames)}`]),
    ...(attempts > 1 ? [`attempt ${attempts}`] : []),
    ...(untilMs === undefined ? [] : [`again at ${formatTime(untilMs)}`]),
    ...(approval ? [`${approval.answer} by ${approval.actor}`] : []),
    ...(actor === undefined ? [] : [`retried by ${actor}`]),
    ...(task.isPassed ? ['the run began after it'] : []),
    ...(needs.length > 1 ? [`needs ${wordsOfNeeds(needs)}`] : []),
    ...(error === undefined ? [] : [error.length > maxError ? `${error.slice(0, maxError)}…` : error]),
  ];
  return parts.join(', ');
}
