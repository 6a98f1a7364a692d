import type { CommandContract } from '../../../schemas/index.ts';
import { commandOptions } from './command-options.ts';
import { type Parameter, positionals, signature } from './signature.ts';

/** A word of a usage: the label of a parameter, and the text around it. */
interface UsagePart {
  readonly parameter?: Parameter;
  readonly before: string;
  readonly label: string;
  readonly after: string;
}

/** `calculate SECONDS MESSAGE [--expires D] [--timeout D] [--wait D] [--as NAME]` */
export function usage(contract: CommandContract): string {
  const { words, options } = partsOf(contract);
  return textOf(inOrder(contract, words, [...options, ...commonParts(contract)]));
}

/** Without common options, and with many options folded into one word: `run [options] PROGRAM [ARG]…` */
export function shortUsage(contract: CommandContract): string {
  const { words, options } = partsOf(contract);
  return textOf(inOrder(contract, words, folded(options)));
}

/** A usage in three parts; the second is the label of `current`. Many options are folded, except that of `current`. */
export function usageAround(contract: CommandContract, current: Parameter) {
  const { words, options } = partsOf(contract);
  const parts = inOrder(contract, words, folded([...options, ...commonParts(contract)], current));
  const at = parts.findIndex(({ parameter }) => parameter === current);
  const part = parts[at];
  if (!part) return undefined;
  return {
    before: textOf([...parts.slice(0, at), { ...part, label: '', after: '' }]),
    current: part.label,
    after: textOf([{ ...part, before: '', label: '' }, ...parts.slice(at + 1)]),
  };
}

/** A short usage folds more options than this into one word. */
const maxOptions = 2;

function partsOf(contract: CommandContract) {
  const byPosition = positionals(contract);
  const byName = signature(contract).filter((parameter) => !byPosition.includes(parameter));
  return { words: byPosition.map((parameter) => partOf(parameter)), options: byName.map(optionPart) };
}

const commonParts = (contract: CommandContract): UsagePart[] =>
  commandOptions(contract).map(({ option, label }) => plain(label ? `[${option} ${label}]` : `[${option}]`));

function folded(options: readonly UsagePart[], current?: Parameter): readonly UsagePart[] {
  if (options.length <= maxOptions) return options;
  return [plain('[options]'), ...options.filter(({ parameter }) => parameter !== undefined && parameter === current)];
}

/** Options precede an array, because all words after its first one belong to it. */
function inOrder(contract: CommandContract, words: readonly UsagePart[], options: readonly UsagePart[]): UsagePart[] {
  const arrayAtEnd = words.at(-1)?.parameter?.type === 'array';
  return [plain(contract.name), ...(arrayAtEnd ? [...options, ...words] : [...words, ...options])];
}

const plain = (text: string): UsagePart => ({ before: text, label: '', after: '' });

const textOf = (parts: readonly UsagePart[]): string =>
  parts.map(({ before, label, after }) => before + label + after).join(' ');

/** @param option text before the label: `--name ` */
function partOf(parameter: Parameter, option = ''): UsagePart {
  const { type, label, required, mayBeEmpty } = parameter;
  const [open, close] = required && !mayBeEmpty ? ['', ''] : ['[', ']'];
  const more = type === 'array' ? '…' : '';
  return {
    parameter,
    before: `${open}${option}`,
    label,
    after: option === '' ? `${more}${close}` : `${close}${more}`,
  };
}

function optionPart(parameter: Parameter): UsagePart {
  const { type, option, required } = parameter;
  if (type !== 'boolean') return partOf(parameter, `${option} `);
  return plain(required ? `--[no-]${option.slice('--'.length)}` : `[${option}]`);
}
