import type { z } from 'zod';
import { type CommandContract, SignalboxError } from '../../schemas/index.ts';
import { nearest } from '../nearest.ts';
import { ShellError } from '../shell/shell-error.ts';
import { parseTarget } from '../target.ts';
import { describeIssue } from '../yaml/describe-issue.ts';
import { type Problem, YamlText } from '../yaml/yaml-text.ts';
import { refusalOf } from './check-references.ts';
import { type Definition, definitionSchema, spelledOut, type Trigger } from './definition.ts';
import { countOf, findCycle, type Instance, instancesOf, maxInstances } from './instances.ts';
import { refuseSecrets, type SecretRefusal } from './secret-refusal.ts';
import { parseTaskLine, referencesOf, type TaskLine } from './task-line.ts';
import { timesOf } from './times.ts';
import { workflowTerms } from './workflow-terms.ts';

/** A valid workflow. */
export interface Workflow {
  readonly name: string;
  readonly definition: Definition;
  readonly instances: readonly Instance[];
  /** By task; absent for tasks that only ask. */
  readonly lines: ReadonlyMap<string, TaskLine>;
}

interface LoadOptions {
  /** Its name if the text has none. */
  readonly name: string;
  /** The commands that its tasks may use, by name. */
  readonly contracts: ReadonlyMap<string, CommandContract>;
  /** Returns why it may not use a secret. Default: no secrets are permitted. */
  readonly secretRefusal?: SecretRefusal;
}

export type Loaded = { readonly workflow: Workflow } | { readonly problems: readonly Problem[] };

/** Checks the whole text of a workflow. Returns a workflow that can be run, or all problems with their positions. */
export function loadWorkflow(text: string, { name, contracts, secretRefusal = refuseSecrets }: LoadOptions): Loaded {
  const yaml = new YamlText(text, 'a workflow');
  if (yaml.problems.length > 0) return { problems: yaml.problems };
  const given = spelledOut(yaml.value);
  const parsed = definitionSchema.safeParse(given);
  // A misspelled key is reported as unknown and as missing. Only the first problem at a position is kept.
  const issues = (parsed.error?.issues ?? []).toSorted((a, b) => rank(a) - rank(b));
  for (const issue of issues) {
    for (const { path, sentence, atKey } of describeIssue(issue, yaml.value, workflowTerms))
      yaml.report(path, sentence, { atKey });
  }
  yaml.refuseProto();
  const definition = parsed.data ?? definitionSchema.safeParse(withoutWrong(given, issues)).data;
  for (const [index, trigger] of (definition?.on ?? []).entries()) checkTrigger(trigger, index, yaml);
  const workflow = definition?.name ?? name;
  const checked = { contracts, secretRefusal, workflow, yaml, known: namesOf(given) };
  const lines = definition ? checkTasks(definition, checked) : new Map();
  const { problems } = yaml;
  if (!definition || problems.length > 0) return { problems };
  return { workflow: { name: workflow, definition, instances: instancesOf(definition), lines } };
}

const rank = ({ code }: z.core.$ZodIssue): number => (code === 'unrecognized_keys' ? 0 : 1);

function checkTrigger(trigger: Trigger, index: number, yaml: YamlText): void {
  const target = trigger.matching === undefined ? [] : parseTarget(trigger.matching);
  if ('message' in target) yaml.report(['on', index, 'matching'], target.message, { inside: target.start });
  try {
    const times = timesOf(trigger);
    // A time that was given once may be in the past: the file is still valid.
    if (trigger.cron === undefined || times?.after(Date.now()) !== undefined) return;
    yaml.report(['on', index, 'cron'], `'${trigger.cron}' is never due`);
  } catch (error) {
    const { message } = SignalboxError.from(error, 'internal');
    const key = message.includes('time zone') ? 'timeZone' : trigger.cron === undefined ? 'at' : 'cron';
    yaml.report(['on', index, key], message);
  }
}

/** Removes invalid parts, so that valid ones are checked further and all problems are reported at once. */
function withoutWrong(given: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const whole = { ...(given as Record<string, unknown>) };
  const tasks = { ...(whole.tasks as Record<string, unknown>) };
  for (const issue of issues) {
    const [first, second] = issue.path;
    if (first === 'tasks' && second !== undefined) delete tasks[String(second)];
    else if (first !== undefined) delete whole[String(first)];
    else if (issue.code === 'unrecognized_keys') for (const key of issue.keys) delete whole[key];
  }
  return { ...whole, tasks };
}

/** Reports combinations with the same key: they would count as one. */
function reportTwins(definition: Definition, yaml: YamlText): void {
  const known = new Set<string>();
  for (const { key, task } of instancesOf(definition)) {
    if (known.has(key)) yaml.report(['tasks', task, 'for'], `two combinations have the same key ${key}`);
    known.add(key);
  }
}

/** Shortens a long cycle to its beginning and end. */
const shortened = (names: readonly string[]): readonly string[] =>
  names.length > 12 ? [...names.slice(0, 6), '…', ...names.slice(-5)] : names;

const namesOf = (given: unknown): string[] => Object.keys(Object((given as { tasks?: unknown } | null)?.tasks));

interface Checked extends Required<Omit<LoadOptions, 'name'>> {
  readonly workflow: string;
  readonly yaml: YamlText;
  /** The names of all tasks, including those that are not checked here. */
  readonly known: readonly string[];
}

function checkTasks(definition: Definition, checked: Checked): Map<string, TaskLine> {
  const { tasks } = definition;
  const { yaml, known } = checked;
  for (const [task, { needs }] of Object.entries(tasks)) {
    for (const [index, need] of needs.entries()) {
      if (known.includes(need)) continue;
      const meant = nearest(need, known);
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
      yaml.report(['tasks', task, 'needs', index], `${task} needs ${need}, which does not exist${hint}`);
    }
  }
  const cycle = findCycle(tasks);
  if (cycle) {
    yaml.report(
      ['tasks', cycle[0] ?? '', 'needs'],
      `these tasks need each other in a cycle: ${shortened(cycle).join(' → ')}`,
    );
  }
  const count = Object.values(tasks).reduce((sum, task) => sum + countOf(task), 0);
  if (count > maxInstances)
    yaml.report(['tasks'], `${count} tasks, including combinations of for, exceed the maximum of ${maxInstances}`);
  else if (!cycle) reportTwins(definition, yaml);
  const lines = new Map<string, TaskLine>();
  for (const [task, { do: text }] of Object.entries(tasks)) {
    if (text === undefined) continue;
    const line = checkLine(text, { ...checked, definition, task });
    if (line) lines.set(task, line);
  }
  return lines;
}

interface LinePlace extends Checked {
  readonly definition: Definition;
  readonly task: string;
}

function checkLine(text: string, place: LinePlace): TaskLine | undefined {
  const { task, contracts, yaml } = place;
  const path = ['tasks', task, 'do'];
  try {
    const line = parseTaskLine(text, contracts);
    const { contract } = line;
    for (const { reference, word, at } of referencesOf(line)) {
      const refusal = refusalOf(reference, word, { ...place, contract });
      if (refusal !== undefined) yaml.report(path, refusal, { inside: at });
    }
    return line;
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    const hint = error.hint === undefined ? '' : `; ${error.hint.replaceAll('\n', '; ')}`;
    yaml.report(path, `${error.message}${hint}`, { inside: error.at?.start ?? 0 });
    return undefined;
  }
}
