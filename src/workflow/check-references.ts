import type { CommandContract } from '../../schemas/index.ts';
import { nearest } from '../nearest.ts';
import type { Definition, TaskDefinition } from './definition.ts';
import type { SecretRefusal } from './secret-refusal.ts';
import type { TaskWord } from './task-line.ts';
import type { Reference } from './template.ts';

/** The values of a run. */
const runValues = ['id', 'workflow', 'plannedAt', 'client'];
const taskValues = ['outcome', 'exitCode', 'stdout', 'client', 'error', 'result'];

interface Surroundings {
  readonly definition: Definition;
  readonly task: string;
  readonly contract: CommandContract;
  readonly secretRefusal: SecretRefusal;
  /** The name of the workflow. */
  readonly workflow: string;
  /** The names of all tasks, including invalid ones. */
  readonly known: readonly string[];
}

/** Returns why a task cannot use a value, in a sentence; undefined if it can. */
export function refusalOf(
  reference: Reference,
  word: TaskWord | undefined,
  surroundings: Surroundings,
): string | undefined {
  const { path } = reference;
  const { definition, task, known } = surroundings;
  const [scope = '', name = ''] = path;
  const written = `\${${path.join('.')}}`;
  const own: TaskDefinition | undefined = definition.tasks[task];
  if (scope === 'param') return unknown(written, name, Object.keys(definition.params), 'parameter');
  if (scope === 'for') return unknown(written, name, Object.keys(own?.for ?? {}), 'value of for');
  if (scope === 'run') return unknown(written, name, runValues, 'value of a run');
  if (scope === 'secret') {
    const refusal = refusalOfSecret(reference, word, surroundings);
    return refusal && `${written}: ${refusal}`;
  }
  const need = definition.tasks[scope];
  if (!need && known.includes(scope)) return undefined;
  if (!need) {
    const meant = nearest(scope, [...known, 'param', 'for', 'run', 'secret']);
    return `${written}: there is no task ${scope}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
  }
  if (!isBefore(definition, scope, task)) return `${written}: ${task} does not need ${scope}; add it to needs`;
  if (need.for && name !== 'outcome')
    return `${written}: ${scope} runs several times: only its outcome is a single value`;
  return unknown(written, name, taskValues, 'value of a task');
}

function unknown(written: string, name: string, known: readonly string[], what: string): string | undefined {
  if (known.includes(name)) return undefined;
  const meant = nearest(name, known);
  const hint = meant === undefined ? `known: ${known.join(', ') || 'none'}` : `did you mean ${meant}?`;
  return `${written}: there is no ${what} called ${name}; ${hint}`;
}

/** Whether one task precedes another, according to their needs. */
function isBefore({ tasks }: Definition, first: string, later: string): boolean {
  const seen = new Set([later]);
  for (const task of seen) {
    const needs = tasks[task]?.needs ?? [];
    if (needs.includes(first)) return true;
    for (const need of needs) seen.add(need);
  }
  return false;
}

function refusalOfSecret(
  reference: Reference,
  word: TaskWord | undefined,
  { contract, secretRefusal, workflow }: Surroundings,
): string | undefined {
  const [, name, more] = reference.path;
  if (name === undefined || more !== undefined) return `write a secret as \${secret.NAME}`;
  if (reference.fallback !== undefined) return `a secret has no fallback; write \${secret.${name}}`;
  if (word && isHidden(contract, word, reference)) return secretRefusal(name, workflow);
  return 'a secret is only permitted in arguments that are never shown, such as --env of run';
}

/** Whether the contract omits this part of a word from audits. Such arguments are not shown anywhere else either. */
function isHidden({ auditArgs }: CommandContract, { word, template, parameter }: TaskWord, secret: Reference): boolean {
  if (!parameter || !auditArgs) return false;
  const { name, option, type, items = 'string' } = parameter;
  if (type !== 'string' && !(type === 'array' && items === 'string')) return false;
  const mark = 'the-mark-of-a-secret';
  const text = template.map((piece) => (typeof piece === 'string' ? piece : piece === secret ? mark : 'x')).join('');
  const value = !word.quoted && text.startsWith(`${option}=`) ? text.slice(option.length + 1) : text;
  try {
    return !JSON.stringify(auditArgs({ [name]: type === 'array' ? [value] : value })).includes(mark);
  } catch {
    return false;
  }
}
