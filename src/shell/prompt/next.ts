import type { CommandContract } from '../../../schemas/index.ts';
import { commandOptions } from '../parse/command-options.ts';
import { endsOptions, type Parameter, positionals, signature } from '../parse/signature.ts';

/** The possible next word of a command. */
interface Next {
  /** The parameter that it would be a value of; undefined if it can be anything, or if no word fits. */
  readonly parameter: Parameter | undefined;
  /** The options that are possible there. */
  readonly options: readonly { readonly option: string; readonly about: string }[];
}

interface Option {
  readonly option: string;
  readonly about: string;
  readonly parameter?: Parameter;
  readonly takesValue: boolean;
  readonly repeats: boolean;
}

const negativeNumber = /^-\.?\d/;

/** @param given the words after the name of the command, with or without their quotes. */
export function nextAfter(contract: CommandContract, given: readonly string[]): Next {
  const options = optionsOf(contract);
  const unnamed = positionals(contract);
  const taken = new Set<string>();
  let optionsEnded = false;
  for (let at = 0; at < given.length; at += 1) {
    const word = given[at] ?? '';
    if (!optionsEnded && word.length > 1 && word.startsWith('-') && !negativeNumber.test(word)) {
      optionsEnded ||= word === '--';
      const [name = '', value] = word.split('=', 2);
      const option = options.get(name) ?? options.get(name.replace(/^--no-/, '--'));
      if (!option) continue;
      taken.add(option.option);
      if (!option.takesValue || value !== undefined) continue;
      at += 1;
      if (at === given.length) return { parameter: option.parameter, options: [] };
    } else {
      const next = unnamed.find(({ option }) => !taken.has(option));
      if (!next) continue;
      taken.add(next.option);
      optionsEnded ||= endsOptions(contract, next);
    }
  }
  const last = unnamed.at(-1);
  const open = unnamed.find(({ option }) => !taken.has(option)) ?? (last?.type === 'array' ? last : undefined);
  const left = [...options.values()].filter(({ option, repeats }) => repeats || !taken.has(option));
  return { parameter: open, options: optionsEnded ? [] : left };
}

function optionsOf(contract: CommandContract): Map<string, Option> {
  const own = signature(contract).map((parameter): Option => {
    const { option, expectation, description = expectation, type } = parameter;
    return { option, about: description, parameter, takesValue: type !== 'boolean', repeats: type === 'array' };
  });
  const common = commandOptions(contract).map(({ option, about, label }): Option => {
    return { option, about, takesValue: label !== undefined, repeats: false };
  });
  return new Map([...own, ...common].map((one) => [one.option, one]));
}
