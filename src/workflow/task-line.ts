import type { CommandContract } from '../../schemas/index.ts';
import type { Word } from '../plugin/statement.ts';
import { parseArguments } from '../shell/parse/arguments.ts';
import { type Assigned, assignWords } from '../shell/parse/assign-words.ts';
import { parseLine } from '../shell/parse/parse.ts';
import { type Parameter, signature } from '../shell/parse/signature.ts';
import { unknownCommand } from '../shell/parse/unknown-command.ts';
import { ShellError, shorten } from '../shell/shell-error.ts';
import { checkTargetTemplate } from './fill-target.ts';
import { fill, parseTemplate, type Reference, references, type Template, TemplateError } from './template.ts';

/** The line of a task, parsed before values are filled in: a value becomes part of a word and is never parsed. */
export interface TaskLine {
  readonly text: string;
  readonly contract: CommandContract;
  /** The target, after `@`. */
  readonly target: Template | undefined;
  /** The words after the name of the command. */
  readonly words: readonly TaskWord[];
}

export interface TaskWord {
  readonly word: Word;
  readonly template: Template;
  /** The argument that this word is, or is the value of. */
  readonly parameter: Parameter | undefined;
}

const value = /\$\{[^}]*\}/g;
/** A target can contain a comma followed by spaces. */
const wholeTarget = /^(\s*@)((?:\S*,\s+)*\S*)/;

/**
 * Parses a line and checks it against the contract of its command, as far as possible before its values are known.
 * @throws ShellError with the position in the line.
 */
export function parseTaskLine(text: string, contracts: ReadonlyMap<string, CommandContract>): TaskLine {
  const [statement, second] = parseLine(maskTarget(text));
  if (!statement) throw new ShellError('bad_usage', 'the line is empty', { line: text });
  if (second) {
    throw new ShellError('bad_usage', 'a task is one command; add a second task with needs', {
      line: text,
      at: second,
    });
  }
  const [command, ...words] = statement.words;
  if (!command) throw new ShellError('bad_usage', 'the line has no command', { line: text });
  const contract = contracts.get(command.text);
  if (!contract) throw unknownCommand(command.text, contracts.keys(), command);
  const assigned = assignWords(contract, words);
  const [dryRun] = assigned.get('--dry-run') ?? [];
  if (dryRun) {
    const message = '--dry-run is only for typed lines; to check a file without running it, use: workflow check';
    throw new ShellError('bad_usage', message, { line: text, at: dryRun.word });
  }
  const parts = words.map((word) => partOf(contract, assigned, word));
  const line = { text, contract, target: targetOf(text), words: parts };
  if (referencesOf(line).length === 0) parseArguments(contract, words);
  return line;
}

/** All values that the line needs, with their positions. */
export function referencesOf({
  target = [],
  words,
}: TaskLine): { reference: Reference; word?: TaskWord; at: number }[] {
  return [
    ...references(target).map((reference) => ({ reference, at: 1 + reference.start })),
    ...words.flatMap((word) =>
      references(word.template).map((reference) => ({ reference, at: word.word.start, word })),
    ),
  ];
}

/** Fills in the values of the words. A value is always text: it cannot become an option or split a word. */
export function fillWords({ words }: TaskLine, find: (path: readonly string[]) => string | undefined): Word[] {
  return words.map(({ word, template }) => {
    const [first] = template;
    const isText = word.quoted || (first !== undefined && typeof first !== 'string');
    return { ...word, text: fill(template, find), quoted: isText };
  });
}

function partOf(contract: CommandContract, assigned: Assigned, word: Word): TaskWord {
  const option = [...assigned].find(([, given]) => given.some((one) => one.word === word))?.[0];
  const parameter = signature(contract).find((one) => one.option === option);
  try {
    return { word, template: parseTemplate(word.text), parameter };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new ShellError('bad_usage', `${error.message}; quote text with spaces`, { at: word });
  }
}

/** The line parser accepts names and patterns after `@`, so each value is masked as one name. */
function maskTarget(text: string): string {
  const [target = ''] = wholeTarget.exec(text) ?? [];
  return target.replace(value, (whole) => 'v'.repeat(whole.length)) + text.slice(target.length);
}

function targetOf(text: string): Template | undefined {
  const [, before = '', target] = wholeTarget.exec(text) ?? [];
  if (target === undefined) return undefined;
  try {
    const template = parseTemplate(target);
    checkTargetTemplate(template);
    return template;
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const start = before.length + error.start;
    throw new ShellError('bad_usage', `@${shorten(target)}: ${error.message}`, { at: { start, end: start } });
  }
}
