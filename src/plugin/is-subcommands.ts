import type { Subcommand, SubcommandGroup, SubcommandOption } from './subcommand.ts';

/** Checks subcommands of plug-ins in plain JavaScript. */
export function isSubcommands(value: unknown): value is Omit<SubcommandGroup, 'name'> {
  const { summary, help, subcommands } = (value ?? {}) as Partial<SubcommandGroup>;
  return areTexts(summary, help) && Array.isArray(subcommands) && subcommands.every(isSubcommand);
}

function isSubcommand(value: unknown): value is Subcommand {
  const { name, summary, options, isService, run } = (value ?? {}) as Partial<Subcommand>;
  const isNamed = areTexts(name, summary) && /^[a-z][a-z0-9-]{0,62}$/.test(name ?? '');
  return isNamed && typeof isService === 'boolean' && typeof run === 'function' && areOptions(options);
}

const areOptions = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.every((one: Partial<SubcommandOption> | undefined) => areTexts(one?.flags, one?.text, one?.env));

const areTexts = (...values: unknown[]): boolean => values.every((value) => typeof value === 'string');
