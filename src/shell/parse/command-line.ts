import type { CommandContract } from '../../../schemas/index.ts';
import { positionals, signature } from './signature.ts';

/** A command as it could be typed: `calculate 10 "hello box"`. Without a contract, its name only. */
export function commandLine(
  contract: CommandContract | undefined,
  name: string,
  args: Record<string, unknown>,
): string {
  if (!contract) return name;
  const byPosition = positionals(contract);
  const byName = signature(contract).filter((parameter) => !byPosition.includes(parameter));
  const words = [
    ...byName.flatMap(({ option, name: field, type }) => {
      const value = args[field];
      if (type !== 'boolean') return valuesOf(value).flatMap((one) => [option, quoted(one, false)]);
      return value === true ? [option] : [];
    }),
    ...byPosition.flatMap(({ name: field }) => valuesOf(args[field]).map((one, at) => quoted(one, at > 0))),
  ];
  return [name, ...words].join(' ');
}

function valuesOf(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value.map(String) : [String(value)];
}

/** @param isPlain whether a word with a leading `-` is not an option: after the first word of an array. */
const quoted = (text: string, isPlain: boolean): string =>
  text === '' || /[\s'"\\;#|&<>]/.test(text) || (!isPlain && text.startsWith('-'))
    ? `"${text.replace(/["\\]/g, '\\$&')}"`
    : text;
