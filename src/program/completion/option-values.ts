import type { Argument, Option } from 'commander';

/** What a value is, as far as it can be completed. */
export type ValueKind = 'files' | 'folders' | 'line' | 'commands' | 'store' | 'server' | readonly string[];

/** By the placeholder in the help. */
const kinds: Readonly<Record<string, ValueKind>> = {
  file: 'files',
  socket: 'files',
  module: 'files',
  folder: 'folders',
  line: 'line',
  commands: 'commands',
  address: 'store',
  'yes|no': ['yes', 'no'],
};

const argumentKinds: Readonly<Record<string, ValueKind>> = { from: 'store', to: 'store', address: 'server' };

export const takesValue = ({ required, optional }: Option): boolean => required || optional;

/** Undefined for what cannot be completed. */
export function kindOfOption({ argChoices, flags }: Option): ValueKind | undefined {
  return argChoices ?? kinds[/[<[](.*?)[>\]]/.exec(flags)?.[1] ?? ''];
}

export function kindOfArgument(argument: Argument | undefined): ValueKind | undefined {
  return argument?.argChoices ?? argumentKinds[argument?.name() ?? ''];
}
