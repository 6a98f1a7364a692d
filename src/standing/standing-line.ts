import { createHash } from 'node:crypto';
import { type CommandContract, isStanding, SignalboxError } from '../../schemas/index.ts';
import { parseArguments } from '../shell/parse/arguments.ts';
import { fillWords, parseTaskLine } from '../workflow/task-line.ts';
import { fill } from '../workflow/template.ts';

/** A line of the configuration: a single one, or one for each value of a list, which it refers to as `${NAME}`. */
export type StandingDefinition =
  | string
  | { readonly do: string; readonly for?: Readonly<Record<string, readonly string[]>> | undefined };

/** Definitions by line name. */
export type StandingDefinitions = Readonly<Record<string, StandingDefinition>>;

/** A command that a server keeps running on each client of its target. */
export interface StandingLine {
  /** The name in the configuration, followed by the values of its lists: `sites/https://example.org/`. */
  readonly name: string;
  readonly target: string;
  readonly contract: CommandContract;
  readonly args: Readonly<Record<string, unknown>>;
  /** Hash of command and arguments. A different digest is a different job. */
  readonly digest: string;
}

/** @throws SignalboxError `bad_usage`, naming the line that is wrong. */
export function parseStandingLines(
  definitions: StandingDefinitions,
  contracts: ReadonlyMap<string, CommandContract>,
): StandingLine[] {
  return Object.entries(definitions).flatMap(([name, definition]) => {
    try {
      return linesOf(name, definition, contracts);
    } catch (error) {
      const { message } = SignalboxError.from(error, 'bad_usage');
      throw new SignalboxError('bad_usage', `standing.${name}: ${message}`, { cause: error });
    }
  });
}

function linesOf(
  name: string,
  definition: StandingDefinition,
  contracts: ReadonlyMap<string, CommandContract>,
): StandingLine[] {
  const { do: text, for: lists = {} } = typeof definition === 'string' ? { do: definition } : definition;
  const parsed = parseTaskLine(text, contracts);
  const { contract } = parsed;
  return combinations(lists).map((values) => {
    const find = ([key = '', ...more]: readonly string[]) => (more.length === 0 ? values.get(key) : undefined);
    const words = fillWords(parsed, find);
    const { args } = parseArguments(contract, words);
    if (!isStanding(contract, contract.args.parse(args))) {
      throw new SignalboxError(
        'bad_usage',
        `${contract.name} ends by itself with these arguments; a standing line needs a command that keeps running`,
      );
    }
    return {
      name: [name, ...values.values()].join('/'),
      target: parsed.target ? fill(parsed.target, find) : 'all',
      contract,
      args,
      digest: createHash('sha256')
        .update(JSON.stringify([contract.name, args]))
        .digest('base64url'),
    };
  });
}

/** All combinations of one value from each list. */
function combinations(lists: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, string>[] {
  return Object.entries(lists).reduce<Map<string, string>[]>(
    (all, [key, values]) => all.flatMap((before) => values.map((value) => new Map([...before, [key, value]]))),
    [new Map()],
  );
}
