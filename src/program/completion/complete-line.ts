import type { Command, Option } from 'commander';
import type { Candidate } from '../../shell/prompt/candidate.ts';
import { kindOfArgument, kindOfOption, takesValue, type ValueKind } from './option-values.ts';
import type { TypedLine } from './typed-line.ts';

/** Completions at the cursor: words, or a kind of path that the shell itself completes. */
export type Completions = { readonly words: readonly Candidate[] } | 'files' | 'folders';

/** The line before the word. */
export interface Given {
  readonly subcommand: string;
  readonly positionals: readonly string[];
  /** Values of options, by their long form. */
  readonly values: ReadonlyMap<string, string>;
}

/** Lookups outside of the subcommands and their options. */
export interface Around {
  /** Called before the options of a subcommand are used: plug-ins add some. */
  extend(command: Command, args: readonly string[]): Promise<void>;
  /** Completes the last word of a line of commands, as a prompt does. */
  completeShellLine(line: string, given: Given): Promise<{ candidates: readonly Candidate[]; typed: string }>;
  /** The data commands. */
  commands(): Promise<readonly Candidate[]>;
  /** Servers that run here. */
  servers(given: Given): Promise<readonly Candidate[]>;
  /** The clients that may join. */
  credentials(given: Given): Promise<readonly Candidate[]>;
  /** Operators of a running server. */
  operators(given: Given): Promise<readonly Candidate[]>;
  contexts(): Promise<readonly Candidate[]>;
}

/** Options that may be given more than once. */
const repeatable = ['--command', '--group', '--label', '--plugin'];

/** Completes the last word of a line that begins with the program's name. */
export async function completeLine(
  program: Command,
  { words, word }: Pick<TypedLine, 'words' | 'word'>,
  around: Around,
): Promise<Completions> {
  const help = program.createHelp();
  const given = words.slice(1);
  let command = program;
  let isExtended = false;
  let awaiting: Option | undefined;
  let areOptionsOver = false;
  const used = new Set<Option>();
  const positionals: string[] = [];
  const values = new Map<string, string>();
  const extend = async () => {
    if (!isExtended && command !== program) await around.extend(command, given);
    isExtended = true;
  };
  for (const one of given) {
    if (awaiting) {
      values.set(awaiting.long ?? '', one);
      awaiting = undefined;
    } else if (one === '--' && !areOptionsOver) {
      areOptionsOver = true;
    } else if (one.startsWith('-') && !areOptionsOver) {
      await extend();
      const [name, value] = divided(one);
      const option = command.options.find(({ long, short }) => long === name || short === name);
      if (option) used.add(option);
      if (option && takesValue(option) && value === undefined) awaiting = option;
      if (option && value !== undefined) values.set(option.long ?? '', value);
    } else {
      const sub = positionals.length === 0 ? command.commands.find((child) => child.name() === one) : undefined;
      if (sub) command = sub;
      else positionals.push(one);
    }
  }
  const before = { around, given: { subcommand: command.name(), positionals, values } };
  if (awaiting) return await valuesOf(kindOfOption(awaiting), word, before);
  if (word.startsWith('-') && !areOptionsOver) {
    await extend();
    const [name, value] = divided(word);
    const visible = help.visibleOptions(command);
    if (value !== undefined) {
      const option = visible.find(({ long }) => long === name);
      if (!option || !takesValue(option)) return { words: [] };
      return prefixed(`${name}=`, await valuesOf(kindOfOption(option), value, before));
    }
    const free = visible.filter((option) => !used.has(option) || repeatable.includes(option.long ?? ''));
    return beginning(
      word,
      free.map(({ long, short, description }) => ({ text: long ?? short ?? '', about: description })),
    );
  }
  const children = positionals.length === 0 ? help.visibleCommands(command) : [];
  if (children.length > 0) {
    return beginning(
      word,
      children.map((child) => ({ text: child.name(), about: help.subcommandDescription(child) })),
    );
  }
  const { registeredArguments: args } = command;
  const argument = args[positionals.length] ?? args.findLast(({ variadic }) => variadic);
  return await valuesOf(kindOfArgument(command.name(), argument), word, before);
}

/** `--log=x` is an option and its value. */
function divided(word: string): [name: string, value: string | undefined] {
  const at = word.startsWith('--') ? word.indexOf('=') : -1;
  return at === -1 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

async function valuesOf(
  kind: ValueKind | undefined,
  word: string,
  { around, given }: { around: Around; given: Given },
): Promise<Completions> {
  if (kind === undefined) return { words: [] };
  if (kind === 'files' || kind === 'folders') return kind;
  if (kind === 'store') return beginning(word, stores);
  if (kind === 'server') return beginning(word, await around.servers(given));
  if (kind === 'operators') return beginning(word, await around.operators(given));
  if (kind === 'contexts') return beginning(word, await around.contexts());
  if (kind === 'credentials') {
    const allowed = await around.credentials(given);
    return beginning(
      word,
      allowed.filter(({ text }) => !given.positionals.includes(text)),
    );
  }
  if (kind === 'commands') {
    const done = word.slice(0, word.lastIndexOf(',') + 1);
    const taken = done.split(',');
    const free = (await around.commands()).filter(({ text }) => !taken.includes(text));
    return beginning(
      word,
      free.map(({ text, about }) => ({ text: `${done}${text}`, about })),
    );
  }
  if (kind === 'line') {
    const { candidates, typed } = await around.completeShellLine(word, given);
    const before = word.slice(0, word.length - typed.length);
    return { words: candidates.map(({ text, about }) => ({ text: `${before}${text}`, about })) };
  }
  return beginning(
    word,
    kind.map((text) => ({ text, about: '' })),
  );
}

const stores: readonly Candidate[] = [
  { text: 'memory', about: 'jobs are not kept' },
  { text: 'sqlite:', about: 'a file' },
  { text: 'postgres://', about: 'a database' },
];

const beginning = (word: string, candidates: readonly Candidate[]): Completions => ({
  words: candidates.filter(({ text }) => text.startsWith(word)),
});

function prefixed(prefix: string, completions: Completions): Completions {
  if (typeof completions === 'string') return completions;
  return { words: completions.words.map(({ text, about }) => ({ text: `${prefix}${text}`, about })) };
}
