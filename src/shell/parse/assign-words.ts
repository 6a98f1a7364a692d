import type { CommandContract } from '../../../schemas/index.ts';
import { nearest } from '../../nearest.ts';
import { argsSchemaOf } from '../../plugin/args-schema.ts';
import type { Word } from '../../plugin/statement.ts';
import { shorten } from '../shell-error.ts';
import { argumentError } from './argument-error.ts';
import { commandOptions } from './command-options.ts';
import { isOperator } from './shell-syntax.ts';
import { endsOptions, positionals, signature } from './signature.ts';

// Assigns words to arguments, from left to right. A word without an option goes to the next positional argument that has
// no value yet. An argument given twice is an error. Values are not checked here.

/** One value of an argument, and the word that contains it. */
export interface Given {
  readonly text: string;
  readonly word: Word;
}

/** Values by option, including positional arguments. Only arrays have several values. */
export type Assigned = ReadonlyMap<string, readonly Given[]>;

const negativeNumber = /^-(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

export function assignWords(contract: CommandContract, words: readonly Word[]): Assigned {
  const options = optionsOf(contract);
  const unnamed = positionals(contract);
  const assigned = new Map<string, Given[]>();
  const positional = new Set<string>();
  const rest = words.values();
  let optionsEnded = false;

  for (const word of rest) {
    if (!optionsEnded && isOption(word)) {
      if (word.text === '--') optionsEnded = true;
      else addOption(word);
    } else {
      addPositional(word);
    }
  }
  return assigned;

  function addOption(word: Word): void {
    const { name, inline } = splitOption(word.text);
    const known = options.get(name);
    if (known === undefined) throw unknownOption(contract, word, name, options.keys());
    const { option, repeats, fixed } = known;
    const values = assigned.get(option) ?? [];
    if (values.length > 0 && (!repeats || positional.has(option))) throw givenTwice(option, word);
    if (fixed !== undefined && inline !== undefined) throw argumentError(contract, `${name} takes no value`, word);
    values.push(fixed === undefined ? takeValue(word, inline) : { text: fixed, word });
    assigned.set(option, values);
  }

  function givenTwice(option: string, word: Word) {
    const [first] = positional.has(option) ? (assigned.get(option) ?? []) : [];
    const how = first === undefined ? '' : `: '${shorten(first.text)}' already sets it`;
    return argumentError(contract, `${option} is given twice${how}`, word);
  }

  function takeValue(word: Word, inline: string | undefined): Given {
    if (inline !== undefined) return { text: inline, word };
    const { value: next } = rest.next();
    if (next === undefined || isOption(next)) throw argumentError(contract, `${word.text} needs a value`, word);
    return { text: next.text, word: next };
  }

  function addPositional(word: Word): void {
    const next = unnamed.find(({ option }) => !assigned.has(option));
    const last = unnamed.at(-1);
    if (next !== undefined) {
      positional.add(next.option);
      assigned.set(next.option, [{ text: word.text, word }]);
      optionsEnded ||= endsOptions(contract, next);
    } else if (last?.type === 'array' && positional.has(last.option)) {
      assigned.get(last.option)?.push({ text: word.text, word });
    } else {
      throw tooMany(contract, word);
    }
  }
}

interface Option {
  readonly option: string;
  readonly repeats: boolean;
  /** Value of an option that takes none. */
  readonly fixed?: string;
}

function optionsOf(contract: CommandContract): Map<string, Option> {
  const options = new Map<string, Option>();
  for (const { option } of signature(contract).filter(({ type }) => type === 'boolean')) {
    options.set(`--no-${option.slice('--'.length)}`, { option, repeats: false, fixed: 'false' });
  }
  // After the negations, so that a field with such a name overrides them.
  for (const { option, type } of signature(contract)) {
    options.set(option, { option, repeats: type === 'array', ...(type === 'boolean' && { fixed: 'true' }) });
  }
  for (const { option, short = option, label } of commandOptions(contract)) {
    const known = { option, repeats: false, ...(label === undefined && { fixed: 'true' }) };
    options.set(option, known).set(short, known);
  }
  return options;
}

function isOption({ text, quoted }: Word): boolean {
  return !quoted && text.length > 1 && text.startsWith('-') && !negativeNumber.test(text);
}

function splitOption(text: string): { name: string; inline: string | undefined } {
  const equals = text.indexOf('=');
  if (equals === -1) return { name: text, inline: undefined };
  return { name: text.slice(0, equals), inline: text.slice(equals + 1) };
}

/** Advice of the contract for an option of another program. */
function insteadOf(contract: CommandContract, name: string): string | undefined {
  const { instead } = argsSchemaOf(contract);
  if (typeof instead !== 'object' || instead === null || !Object.hasOwn(instead, name)) return undefined;
  const text = (instead as Readonly<Record<string, unknown>>)[name];
  return typeof text === 'string' ? text : undefined;
}

function unknownOption(contract: CommandContract, word: Word, name: string, known: Iterable<string>) {
  const instead = insteadOf(contract, name);
  if (instead !== undefined) return argumentError(contract, `${contract.name} has no option ${name}: ${instead}`, word);
  const meant = nearest(
    name,
    [...known].filter((one) => one.startsWith('--')),
  );
  const advice = meant === undefined ? 'if it is text, quote it' : `did you mean ${meant}?`;
  return argumentError(contract, `${contract.name} has no option ${shorten(name)}; ${advice}`, word);
}

function tooMany(contract: CommandContract, word: Word) {
  const unnamed = positionals(contract);
  const given = shorten(word.text);
  if (isOperator(word)) return argumentError(contract, `there is no shell: '${given}' means nothing here`, word);
  if (unnamed.length === 0)
    return argumentError(contract, `unexpected argument '${given}': ${contract.name} takes no arguments`, word);
  const advice = unnamed.at(-1)?.type === 'string' ? '; quote text with spaces' : '';
  return argumentError(contract, `unexpected argument '${given}' for ${contract.name}${advice}`, word);
}
