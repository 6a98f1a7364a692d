import type { Outcome } from '../../schemas/index.ts';
import type { Instance } from './instances.ts';
import type { TaskState } from './plan.ts';

type Scalar = string | number | boolean;

/** Values that a run has from its start. */
export interface RunFacts {
  readonly id: string;
  readonly workflow: string;
  /** ISO 8601; undefined for a run that was not planned. */
  readonly plannedAt?: string;
  /** The client whose change started it. */
  readonly client?: string;
  readonly params: Readonly<Record<string, Scalar>>;
}

/** Values left by a task that has ended; if it ran on a single client, including the result of its job. */
export interface TaskFacts {
  readonly client?: string;
  readonly result?: unknown;
  /** The last line, at most 4 KiB. */
  readonly stdout?: string;
  /** Why it did not complete. */
  readonly error?: string;
}

interface Known {
  readonly run: RunFacts;
  readonly states: ReadonlyMap<string, TaskState>;
  readonly instances: readonly Instance[];
  /** By instance key. */
  readonly facts: ReadonlyMap<string, TaskFacts>;
}

/** Worst first. */
const order: readonly (Outcome | 'skipped')[] = [
  ...(['lost', 'rejected', 'failed', 'expired', 'cancelled', 'skipped', 'completed'] as const),
];

/** Finds the values of an instance. Secrets are not available here, so no value ever contains one. */
export function valuesFor(instance: Instance, { run, states, instances, facts }: Known) {
  return ([scope = '', ...path]: readonly string[]): string | undefined => {
    const [name = ''] = path;
    if (scope === 'param') return textOf(run.params[name]);
    if (scope === 'for') return textOf(instance.values[name]);
    if (scope === 'run')
      return textOf({ id: run.id, workflow: run.workflow, plannedAt: run.plannedAt, client: run.client }[name]);
    const ofTask = instances.filter(({ task }) => task === scope).map(({ key }) => key);
    if (name === 'outcome') return worstState(ofTask.map((key) => states.get(key)));
    const [key = '', second] = ofTask;
    if (second !== undefined) return undefined;
    return textOf(inside(facts.get(key), name === 'exitCode' ? ['result', 'exitCode'] : path));
  };
}

function worstState(states: readonly (TaskState | undefined)[]): string | undefined {
  return order.find((one) => states.some((task) => task?.state === one));
}

/** Only own properties: `constructor` and the like are not results. */
function inside(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (part, key) =>
      typeof part === 'object' && part !== null && Object.hasOwn(part, key) ? Reflect.get(part, key) : undefined,
    value,
  );
}

/** Maps and lists cannot be filled into a word. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? String(value)
    : undefined;
}
