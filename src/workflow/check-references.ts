import type { CommandContract } from '../../schemas/index.ts';
import { nearest } from '../nearest.ts';
import type { Parameter } from '../shell/parse/signature.ts';
import type { Definition, TaskDefinition } from './definition.ts';

/** What is known of a run. */
const runValues = ['id', 'workflow', 'plannedAt', 'client'];
const taskValues = ['outcome', 'exitCode', 'stdout', 'client', 'error', 'result'];

interface Surroundings {
  readonly definition: Definition;
  readonly task: string;
  readonly contract: CommandContract;
  /** The names of all tasks, also of those that are wrong themselves. */
  readonly known: readonly string[];
}

/** Why a task cannot have a value, in a sentence; undefined if it can. */
export function refusalOf(
  path: readonly string[],
  parameter: Parameter | undefined,
  { definition, task, contract, known }: Surroundings,
): string | undefined {
  const [scope = '', name = ''] = path;
  const written = `\${${path.join('.')}}`;
  const own: TaskDefinition | undefined = definition.tasks[task];
  if (scope === 'param') return unknown(written, name, Object.keys(definition.params), 'parameter');
  if (scope === 'for') return unknown(written, name, Object.keys(own?.for ?? {}), 'value of for');
  if (scope === 'run') return unknown(written, name, runValues, 'value of a run');
  if (scope === 'secret') {
    // The configuration has none yet.
    if (parameter && isHidden(contract, parameter)) return `${written}: there is no secret called ${name}`;
    return `${written}: a secret may stand only in what nobody gets to see, such as --env of run`;
  }
  const need = definition.tasks[scope];
  if (!need && known.includes(scope)) return undefined;
  if (!need) {
    const meant = nearest(scope, [...known, 'param', 'for', 'run', 'secret']);
    return `${written}: there is no task ${scope}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
  }
  if (!isBefore(definition, scope, task)) return `${written}: ${task} does not need ${scope}; add it to needs`;
  if (need.for && name !== 'outcome')
    return `${written}: ${scope} runs several times: of these only outcome is one value`;
  return unknown(written, name, taskValues, 'value of a task');
}

function unknown(written: string, name: string, known: readonly string[], what: string): string | undefined {
  if (known.includes(name)) return undefined;
  const meant = nearest(name, known);
  const hint = meant === undefined ? `there is ${known.join(', ') || 'none'}` : `did you mean ${meant}?`;
  return `${written}: there is no ${what} called ${name}; ${hint}`;
}

/** Whether a task comes before another one by their needs. */
function isBefore({ tasks }: Definition, first: string, later: string, seen = new Set<string>()): boolean {
  if (seen.has(later)) return false;
  seen.add(later);
  return (tasks[later]?.needs ?? []).some(
    (need) => need === first || isBefore({ tasks } as Definition, first, need, seen),
  );
}

/** Whether the contract keeps the value of an argument out of audits: what it leaves out there is not shown anywhere. */
function isHidden({ auditArgs }: CommandContract, { name, type }: Parameter): boolean {
  const mark = 'the-mark-of-a-secret';
  const given = type === 'array' ? [`NAME=${mark}`] : mark;
  return auditArgs !== undefined && !JSON.stringify(auditArgs({ [name]: given })).includes(mark);
}
