import type { Outcome } from '../../schemas/index.ts';
import type { Instance } from './instances.ts';
import type { TaskState } from './plan.ts';

type Scalar = string | number | boolean;

/** What a run knows from its start. */
export interface RunFacts {
  readonly id: string;
  readonly workflow: string;
  /** ISO 8601; undefined for one that nobody planned. */
  readonly plannedAt?: string;
  /** Whose change has started it. */
  readonly client?: string;
  readonly params: Readonly<Record<string, Scalar>>;
}

/** What a task that has ended has left: of one that ran on a single client also what its job returned. */
export interface TaskFacts {
  readonly client?: string;
  readonly result?: unknown;
  /** The last line, at most 4 KiB. */
  readonly stdout?: string;
  /** A sentence. */
  readonly error?: string;
}

interface Known {
  readonly run: RunFacts;
  readonly states: ReadonlyMap<string, TaskState>;
  readonly instances: readonly Instance[];
  /** By the key of an instance. */
  readonly facts: ReadonlyMap<string, TaskFacts>;
}

/** The worst first. */
const order: readonly (Outcome | 'skipped')[] = [
  ...(['lost', 'rejected', 'failed', 'expired', 'cancelled', 'skipped', 'completed'] as const),
];

/** Finds the values of an instance. Secrets are none: no text of a value ever holds one. */
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

/** Only what the value itself has: `constructor` and its like are no results. */
function inside(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (part, key) =>
      typeof part === 'object' && part !== null && Object.hasOwn(part, key) ? Reflect.get(part, key) : undefined,
    value,
  );
}

/** Maps and lists fill no word. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? String(value)
    : undefined;
}
