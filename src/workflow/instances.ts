import type { Definition, TaskDefinition } from './definition.ts';

type Scalar = string | number | boolean;

/** A task, or one of its combinations where it has `for`. */
export interface Instance {
  /** `build`, or `build[os=linux,node=22]`. */
  readonly key: string;
  readonly task: string;
  readonly definition: TaskDefinition;
  /** What `${for.NAME}` stands for. */
  readonly values: Readonly<Record<string, Scalar>>;
  /** Keys of what has to end before. */
  readonly needs: readonly string[];
}

/** More would be a mistake in a matrix, not work. */
export const maxInstances = 10_000;

/** The tasks of a workflow in an order in which each comes after its needs, else as they are written. */
export function instancesOf({ tasks }: Pick<Definition, 'tasks'>): Instance[] {
  const keysOf = new Map<string, string[]>();
  const made: Instance[] = [];
  for (const task of inOrder(tasks)) {
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

/** How many instances a task has. */
export const countOf = ({ for: matrix = {} }: TaskDefinition): number =>
  Object.values(matrix).reduce((product, values) => product * values.length, 1);

/** A ring of needs, as names from one to itself; undefined if there is none. */
export function findCycle(tasks: Definition['tasks']): string[] | undefined {
  const done = new Set<string>();
  const visit = (task: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(task)) return [...path.slice(path.indexOf(task)), task];
    if (done.has(task)) return undefined;
    for (const need of tasks[task]?.needs ?? []) {
      const found = visit(need, [...path, task]);
      if (found) return found;
    }
    done.add(task);
    return undefined;
  };
  for (const task of Object.keys(tasks)) {
    const found = visit(task, []);
    if (found) return found;
  }
  return undefined;
}

function inOrder(tasks: Definition['tasks']): string[] {
  const order = new Set<string>();
  const visit = (task: string): void => {
    if (order.has(task)) return;
    for (const need of tasks[task]?.needs ?? []) visit(need);
    order.add(task);
  };
  for (const task of Object.keys(tasks)) visit(task);
  return [...order];
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
