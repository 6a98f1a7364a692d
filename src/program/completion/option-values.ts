import type { Argument, Option } from 'commander';

/** Kinds of values that can be completed. */
export type ValueKind =
  | 'files'
  | 'folders'
  | 'line'
  | 'commands'
  | 'store'
  | 'server'
  | 'credentials'
  | 'operators'
  | 'contexts'
  | readonly string[];

/** By the placeholder in the help. */
const kinds: Readonly<Record<string, ValueKind>> = {
  file: 'files',
  socket: 'files',
  module: 'files',
  folder: 'folders',
  line: 'line',
  commands: 'commands',
  address: 'store',
  server: 'server',
  context: 'contexts',
  role: ['viewer', 'operator', 'admin'],
  'yes|no': ['yes', 'no'],
};

/** By the subcommand and the name of its argument. */
const argumentKinds: Readonly<Record<string, ValueKind>> = {
  'copy from': 'store',
  'copy to': 'store',
  'attach address': 'server',
  'revoke name': 'credentials',
  'remove name': 'operators',
  'rotate name': 'operators',
  'use context': 'contexts',
  'remove context': 'contexts',
  'check file': 'files',
  'init folder': 'folders',
  'server folder': 'folders',
  'operator folder': 'folders',
};

export const takesValue = ({ required, optional }: Option): boolean => required || optional;

/** Undefined if the value cannot be completed. */
export function kindOfOption({ argChoices, flags }: Option): ValueKind | undefined {
  return argChoices ?? kinds[/[<[](.*?)[>\]]/.exec(flags)?.[1] ?? ''];
}

export function kindOfArgument(subcommand: string, argument: Argument | undefined): ValueKind | undefined {
  return argument?.argChoices ?? argumentKinds[`${subcommand} ${argument?.name()}`];
}
