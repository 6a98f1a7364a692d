import { readdirSync } from 'node:fs';
import { jobSignalSchema, outcomes } from '../../../schemas/index.ts';
import type { ClientView, CommandContract, JobView, Server } from '../../index.ts';
import { naturally } from '../../natural-order.ts';
import { meansJob, shortId } from '../job-id.ts';
import { aboutTimes, type Parameter, positionals, signature, timeOptions } from '../signature.ts';
import type { Completes, ShellWord } from '../word.ts';

/** What a completion knows of the world. */
export interface CompletionContext {
  readonly server: Pick<Server, 'commands' | 'clients' | 'jobs' | 'bootId'>;
  readonly words: ReadonlyMap<string, ShellWord>;
}

export interface Candidate {
  readonly text: string;
  /** What it is, in a few words. */
  readonly about: string;
}

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** The part of the line that they replace: its end. */
  readonly typed: string;
}

/**
 * What the word at the end of a line can become: commands and shell words, clients after `@`, options after `--`, values of an
 * enum, jobs, files.
 */
export function complete(line: string, context: CompletionContext): Completion {
  const statement = line.slice(line.lastIndexOf(';') + 1).trimStart();
  const parts = statement.split(/\s+/);
  const typed = parts.pop() ?? '';
  const all = typed.startsWith('@') ? targets(typed, context) : after(parts, typed, context);
  const candidates = all.filter(({ text }) => text.startsWith(typed)).sort((a, b) => naturally(a.text, b.text));
  return { candidates, typed };
}

function after(parts: readonly string[], typed: string, context: CompletionContext): Candidate[] {
  const name = parts.find((part) => !part.startsWith('@'));
  if (name === undefined) return commands(context);
  const given = parts.slice(parts.indexOf(name) + 1);
  const word = context.words.get(name);
  if (word) {
    const { completes = [] } = word;
    const statement = completes.indexOf('statement');
    if (statement >= 0 && given.length >= statement) return after(given.slice(statement), typed, context);
    const kind = completes[Math.min(given.length, completes.length - 1)];
    return kind === undefined ? [] : ofKind(kind, typed, context);
  }
  const contract = context.server.commands.get(name);
  if (!contract) return [];
  if (typed.startsWith('-')) return options(contract);
  return (parameterAt(contract, given)?.enum ?? []).map((text) => ({ text, about: '' }));
}

function ofKind(kind: Completes, typed: string, context: CompletionContext): Candidate[] {
  if (kind === 'command' || kind === 'statement') return commands(context);
  if (kind === 'outcome') return outcomes.map((text) => ({ text, about: 'outcome' }));
  if (kind === 'job') return jobs(context);
  if (kind === 'signal') return jobSignalSchema.options.map((name) => ({ text: name.slice(3), about: '' }));
  if (kind === 'target')
    return targets(`@${typed}`, context).map(({ text, about }) => ({ text: text.slice(1), about }));
  return files(typed);
}

function commands({ server, words }: CompletionContext): Candidate[] {
  return [...server.commands.values(), ...words.values()].map(({ name, summary }) => ({ text: name, about: summary }));
}

function targets(typed: string, { server }: CompletionContext): Candidate[] {
  const done = typed.slice(1, typed.lastIndexOf(',') + 1);
  const clients = server.clients();
  const about = ({ state, runningJobs }: ClientView) => (runningJobs > 0 ? `${state}, ${runningJobs} jobs` : state);
  return [
    { text: `@${done}all`, about: `every client: ${clients.length}` },
    ...clients.map((client) => ({ text: `@${done}${client.name}`, about: about(client) })),
  ];
}

function options(contract: CommandContract): Candidate[] {
  return [
    ...signature(contract).map(({ option, expectation }) => ({ text: option, about: expectation })),
    ...timeOptions(contract).map((option) => ({
      text: option,
      about: aboutTimes.get(option) ?? '',
    })),
  ];
}

/** The lines that can be cancelled, waited for and looked at, and of a line for several clients each job. */
function jobs({ server }: CompletionContext): Candidate[] {
  const known = server.jobs().filter(({ kind }) => kind === 'data');
  const about = ({ command, client, state, outcome }: JobView) => `${command} on ${client}: ${outcome ?? state}`;
  const candidates = new Map<string, string>();
  for (const job of known.slice(-100)) {
    const line = shortId(job.id, server.bootId);
    const others = known.filter((other) => meansJob(line, other, server.bootId)).length;
    candidates.set(line, others === 1 ? about(job) : `${job.command} on ${others} clients`);
    if (others > 1) candidates.set(`${line}/${job.client}`, about(job));
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

/** What the word after these would be the value of. */
export function parameterAt(contract: CommandContract, given: readonly string[]): Parameter | undefined {
  const byOption = new Map(signature(contract).map((parameter) => [parameter.option, parameter]));
  const takesValue = (word: string) => {
    const parameter = byOption.get(word);
    return parameter ? parameter.type !== 'boolean' : timeOptions(contract).includes(word);
  };
  let places = 0;
  for (let at = 0; at < given.length; at += 1) {
    const word = given[at] ?? '';
    if (takesValue(word)) {
      at += 1;
      if (at === given.length) return byOption.get(word);
    } else if (!word.startsWith('--')) places += 1;
  }
  const named = given.map((word) => byOption.get(word));
  const open = positionals(contract).filter((parameter) => !named.includes(parameter));
  const last = open.at(-1);
  return open[places] ?? (last?.type === 'array' ? last : undefined);
}
