import type { Definition, TaskDefinition } from './definition.ts';

type Scalar = string | number | boolean;

/** A task, or one of its combinations if it has `for`. */
export interface Instance {
  /** `build`, or `build[os=linux,node=22]`. */
  readonly key: string;
  readonly task: string;
  readonly definition: TaskDefinition;
  /** Values of `${for.NAME}`. */
  readonly values: Readonly<Record<string, Scalar>>;
  /** Keys of the instances that must end first. */
  readonly needs: readonly string[];
}

/** More would be a mistake in a matrix. */
export const maxInstances = 10_000;

/** The instances of a workflow. Each follows its needs; otherwise they are in the order of the text. */
export function instancesOf({ tasks }: Pick<Definition, 'tasks'>): Instance[] {
  const keysOf = new Map<string, string[]>();
  const made: Instance[] = [];
  for (const task of walk(tasks).order) {
    const definition = tasks[task];
    if (!definition) continue;
    const needs = definition.needs.flatMap((need) => keysOf.get(need) ?? []);
    const own = combinations(definition.for).map((values) => ({
      ...{ key: keyOf(task, values), task, definition, values, needs },
    }));
    keysOf.set(
      task,
      own.map(({ key }) => key),
    );
    made.push(...own);
  }
  return made;
}

/** Number of instances of a task. */
export const countOf = ({ for: matrix = {} }: TaskDefinition): number =>
  Object.values(matrix).reduce((product, values) => product * values.length, 1);

/** A cycle of needs, as names from one task to itself; undefined if there is none. */
export const findCycle = (tasks: Definition['tasks']): string[] | undefined => walk(tasks).cycle;

/** Orders tasks after their needs, up to the first cycle. Not recursive, because a chain can contain every task. */
function walk(tasks: Definition['tasks']): { readonly order: ReadonlySet<string>; readonly cycle?: string[] } {
  const order = new Set<string>();
  for (const first of Object.keys(tasks)) {
    const path = new Set<string>();
    const open: { readonly task: string; readonly needs: string[] }[] = [];
    const enter = (task: string): void => {
      path.add(task);
      open.push({ task, needs: (tasks[task]?.needs ?? []).toReversed() });
    };
    if (!order.has(first)) enter(first);
    for (let last = open.at(-1); last; last = open.at(-1)) {
      const need = last.needs.pop();
      if (need === undefined) {
        open.pop();
        path.delete(last.task);
        order.add(last.task);
      } else if (path.has(need)) {
        const names = [...path, need];
        return { order, cycle: names.slice(names.indexOf(need)) };
      } else if (!order.has(need)) enter(need);
    }
  }
  return { order };
}

function combinations(matrix: TaskDefinition['for'] = {}): Record<string, Scalar>[] {
  return Object.entries(matrix).reduce<Record<string, Scalar>[]>(
    (made, [name, values]) => made.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  );
}

function keyOf(task: string, values: Readonly<Record<string, Scalar>>): string {
  const written = Object.entries(values).map(([name, value]) => `${name}=${value}`);
  return written.length === 0 ? task : `${task}[${written.join(',')}]`;
}
