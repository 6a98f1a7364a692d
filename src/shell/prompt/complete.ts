import { readdirSync } from 'node:fs';
import type { CommandContract } from '../../../schemas/index.ts';
import { jobSignals, outcomes } from '../../../schemas/words.ts';
import { naturally } from '../../natural-order.ts';
import type { Builtin, Completes, CompletesAfter } from '../../plugin/builtin.ts';
import type { JobNames } from '../job-names.ts';
import { parseLine } from '../parse/parse.ts';
import type { Candidate } from './candidate.ts';
import { completeFlow } from './complete-flow.ts';
import { completeTarget, stateOf } from './complete-target.ts';
import { type Flows, noFlows } from './flows.ts';
import type { KnownClient } from './known-clients.ts';
import type { KnownJob } from './known-jobs.ts';
import { nextAfter } from './next.ts';

/** What completion is based on. */
export interface CompletionContext {
  readonly commands: ReadonlyMap<string, CommandContract>;
  readonly builtins: ReadonlyMap<string, Builtin>;
  clients(): readonly KnownClient[];
  /** Targets of groups, by name. */
  readonly groups?: ReadonlyMap<string, string>;
  /** Data commands. */
  jobs(): readonly KnownJob[];
  flows?(): Flows;
  readonly jobNames?: Pick<JobNames, 'all' | 'numberOf'>;
  /** Whether bare numbers count the commands of a script, so that jobs of the store need a `%`. */
  readonly isScript?: boolean;
}

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** The end of the line, which they replace. */
  readonly typed: string;
}

/** A target that continues after a comma and a space. */
const openTarget = /(?:^|;)\s*(?:expect\s+\S+\s+)?@(?:[^\s;]*,\s+)+$/;

/**
 * Completes the word at the end of a line: commands and builtins, targets after `@`, options after `--`, values of an
 * enum, jobs, files.
 */
export function complete(line: string, context: CompletionContext): Completion {
  const typed = /[^\s;]*$/.exec(line)?.[0] ?? '';
  const before = line.slice(0, line.length - typed.length);
  const all = typed.startsWith('@')
    ? targets(typed, context)
    : openTarget.test(before)
      ? ofKind('target', typed, context)
      : after(wordsOf(before), typed, context);
  const candidates = all.filter(({ text }) => text.startsWith(typed)).sort((a, b) => naturally(a.text, b.text));
  return { candidates, typed };
}

/** The words of the statement that is being typed; without quotes if it can be parsed already. */
function wordsOf(text: string): string[] {
  try {
    const last = parseLine(text).at(-1);
    if (!last || text.slice(last.end).includes(';')) return [];
    return [...(last.targets ? ['@'] : []), ...last.words.map((word) => word.text)];
  } catch {
    return text
      .slice(text.lastIndexOf(';') + 1)
      .replace(/^\s*(?:expect\s+\S+\s+)?@(?:\S*,\s+)+/, (target) => target.replaceAll(/,\s+/g, ','))
      .split(/\s+/)
      .filter((word) => word !== '');
  }
}

function after(parts: readonly string[], typed: string, context: CompletionContext): Candidate[] {
  const name = parts.find((part) => !part.startsWith('@'));
  if (name === undefined) return commands(context);
  const given = parts.slice(parts.indexOf(name) + 1);
  const builtin = context.builtins.get(name);
  if (builtin) return afterBuiltin(builtin, given, typed, context);
  const contract = context.commands.get(name);
  if (!contract) return [];
  const { parameter, options } = nextAfter(contract, given);
  if (typed.startsWith('-')) return options.map(({ option, about }) => ({ text: option, about }));
  return (parameter?.enum ?? []).map((text) => ({ text, about: '' }));
}

function afterBuiltin(
  { completes = [], options = [] }: Builtin,
  given: readonly string[],
  typed: string,
  context: CompletionContext,
): Candidate[] {
  const statement = completes.indexOf('statement');
  if (statement >= 0 && given.length >= statement) return after(given.slice(statement), typed, context);
  const valued = new Map(options.flatMap((one) => (one.label === undefined ? [] : [[one.option, one] as const])));
  const plain = given.filter((one, at) => !one.startsWith('-') && !valued.has(given[at - 1] ?? ''));
  const asked = valued.get(given.at(-1) ?? '');
  if (asked) return asked.completes === undefined ? [] : ofKind(asked.completes, typed, context, plain[1]);
  if (typed.startsWith('-')) {
    return options.filter((one) => !given.includes(one.option)).map((one) => ({ text: one.option, about: one.about }));
  }
  const found = completes[Math.min(plain.length, completes.length - 1)];
  const kind = isByWord(found) ? (Object.hasOwn(found, plain[0] ?? '') ? found[plain[0] ?? ''] : undefined) : found;
  return kind === undefined ? [] : ofKind(kind, typed, context);
}

const isByWord = (kinds: Completes | readonly string[] | CompletesAfter | undefined): kinds is CompletesAfter =>
  typeof kinds === 'object' && !Array.isArray(kinds);

function ofKind(
  kind: Completes | readonly string[],
  typed: string,
  context: CompletionContext,
  workflow?: string,
): Candidate[] {
  if (typeof kind !== 'string') return kind.map((text) => ({ text, about: '' }));
  if (kind === 'command' || kind === 'statement') return commands(context);
  if (kind === 'contract') {
    return [...context.commands.values()].map(({ name, summary }) => ({ text: name, about: summary }));
  }
  if (kind === 'outcome') {
    const done = typed.slice(0, typed.lastIndexOf(',') + 1);
    return outcomes.map((text) => ({ text: `${done}${text}`, about: 'outcome' }));
  }
  if (kind === 'job') return jobs(typed, context);
  if (kind === 'signal') return jobSignals.map((name) => ({ text: name.slice(3), about: '' }));
  if (kind === 'client') return context.clients().map((client) => ({ text: client.name, about: stateOf(client) }));
  if (kind === 'target')
    return targets(`@${typed}`, context).map(({ text, about }) => ({ text: text.slice(1), about }));
  if (kind === 'file') return files(typed);
  const { flows = () => noFlows } = context;
  const named = completeFlow(kind, workflow, flows());
  return kind === 'workflow' ? [...named, ...files(typed).filter(isWorkflowFile)] : named;
}

const isWorkflowFile = ({ text }: Candidate): boolean => /\.ya?ml$|\/$/.test(text);

function commands({ commands, builtins }: CompletionContext): Candidate[] {
  return [...commands.values(), ...builtins.values()].map(({ name, summary }) => ({ text: name, about: summary }));
}

function targets(typed: string, { clients, groups = new Map() }: CompletionContext): Candidate[] {
  return completeTarget(typed, { clients: clients(), groups });
}

/** Commands that have jobs to cancel, wait for and inspect; for a command on several clients, each job too. */
function jobs(typed: string, { jobNames, isScript = false, ...context }: CompletionContext): Candidate[] {
  const known = context.jobs();
  const prefix = isScript || typed.startsWith('%') ? '%' : '';
  const counts = new Map<number, number>();
  for (const { number } of known) counts.set(number, (counts.get(number) ?? 0) + 1);
  const about = ({ command, client, state, outcome }: KnownJob) => `${command} on ${client}: ${outcome ?? state}`;
  const candidates = new Map<string, string>();
  for (const job of known.slice(-100)) {
    const line = `${prefix}${job.number}`;
    const others = counts.get(job.number);
    candidates.set(line, others === 1 ? about(job) : `${job.command} on ${others} clients`);
    if (others !== 1) candidates.set(`${line}/${job.client}`, about(job));
  }
  for (const [name, number] of [...(jobNames?.all() ?? []), ['last', jobNames?.numberOf('last')] as const]) {
    const meant = number === undefined ? undefined : candidates.get(`${prefix}${number}`);
    if (meant !== undefined) candidates.set(name, meant);
  }
  return [...candidates].map(([text, what]) => ({ text, about: what }));
}

function files(typed: string): Candidate[] {
  const folder = typed.slice(0, typed.lastIndexOf('/') + 1);
  try {
    return readdirSync(folder || '.', { withFileTypes: true })
      .filter(({ name }) => !/[\s'"\\;#]/.test(name))
      .map((entry) => ({
        text: `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`,
        about: entry.isDirectory() ? 'folder' : '',
      }));
  } catch {
    return [];
  }
}
