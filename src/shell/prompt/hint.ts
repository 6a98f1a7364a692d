import type { CommandContract } from '../../../schemas/index.ts';
import type { Statement } from '../../plugin/statement.ts';
import { parseArguments } from '../parse/arguments.ts';
import { parseLine } from '../parse/parse.ts';
import { unknownCommand } from '../parse/unknown-command.ts';
import { shortUsage, usageAround } from '../parse/usage.ts';
import { ShellError } from '../shell-error.ts';
import { type CompletionContext, complete } from './complete.ts';
import { nextAfter } from './next.ts';

export interface HintContext extends CompletionContext {
  /** The problem of these targets, if one is known. */
  targetProblem(targets: readonly string[]): string | undefined;
}

/** The hint below the line that is being typed. */
export interface Hint {
  /** Usage of the command, with `current` as the part that comes next, and a description of it. */
  readonly usage?: {
    readonly before: string;
    readonly current: string;
    readonly after: string;
    readonly about: string;
  };
  /** An error in the line; parts that are only missing are no error yet. */
  readonly problem?: string;
}

/** The hint for the part of a line up to the cursor. */
export function hintFor(line: string, context: HintContext): Hint {
  const problem = problemOf(line, context);
  const shown = usageOf(line, context);
  return { ...(shown && { usage: shown }), ...(problem !== undefined && { problem }) };
}

function usageOf(line: string, { commands, builtins }: HintContext): Hint['usage'] {
  const parts = line
    .slice(line.lastIndexOf(';') + 1)
    .trimStart()
    .split(/\s+/);
  const named = parts[0] === 'expect' ? parts.slice(2) : parts;
  const at = named.findIndex((part) => !part.startsWith('@'));
  const name = named[at];
  if (name === undefined) return undefined;
  const builtin = builtins.get(name) ?? (parts[0] === 'expect' && name === '' ? builtins.get('expect') : undefined);
  if (builtin) return { before: builtin.usage, current: '', after: '', about: builtin.summary };
  const contract = commands.get(name);
  if (!contract) return undefined;
  const parameter = at === named.length - 1 ? undefined : nextAfter(contract, named.slice(at + 1, -1)).parameter;
  const around = parameter && usageAround(contract, parameter);
  if (!parameter || !around) return { before: shortUsage(contract), current: '', after: '', about: contract.summary };
  return { ...around, about: parameter.expectation };
}

function problemOf(line: string, context: HintContext): string | undefined {
  let statements: Statement[];
  try {
    statements = parseLine(line);
  } catch {
    // An open quote or a target alone may still be completed.
    return undefined;
  }
  for (const statement of statements) {
    const problem = problemOfStatement(statement, line, context);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOfStatement(statement: Statement, line: string, context: HintContext): string | undefined {
  const [first] = statement.words;
  if (!first) return undefined;
  const isOpen = (end: number) => end === line.length && complete(line, context).candidates.length > 0;
  const contract = context.commands.get(first.text);
  if (!contract && !context.builtins.has(first.text)) {
    if (isOpen(first.end)) return undefined;
    const { message, hint } = unknownCommand(first.text, [...context.commands.keys(), ...context.builtins.keys()]);
    return `${message}; ${hint}`;
  }
  if (statement.targets && contract) {
    const problem = context.targetProblem(statement.targets);
    if (problem !== undefined) return problem;
  }
  return contract && argumentProblem(contract, statement, line);
}

function argumentProblem(contract: CommandContract, statement: Statement, line: string): string | undefined {
  try {
    return parseArguments(contract, statement.words.slice(1)).warning;
  } catch (error) {
    // An error without a position is about missing words, which may still follow. So may the rest of a number or option.
    if (!(error instanceof ShellError) || !error.at) return undefined;
    const word = line.slice(error.at.start, error.at.end);
    if (
      error.at.end === line.length &&
      (word.startsWith('-') || complete(line, noContext(contract)).candidates.length > 0)
    ) {
      return undefined;
    }
    return error.message;
  }
}

const noContext = (contract: CommandContract): CompletionContext => ({
  ...{ commands: new Map([[contract.name, contract]]), builtins: new Map() },
  clients: () => [],
  jobs: () => [],
});
