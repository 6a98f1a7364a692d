import type { CommandContract } from '../../../schemas/index.ts';
import type { Share } from '../../plugin/send-options.ts';
import type { Word } from '../../plugin/statement.ts';
import { isJobName, jobNameForm } from '../job-names.ts';
import { type ShellError, shorten } from '../shell-error.ts';
import { argumentError } from './argument-error.ts';
import { type Assigned, assignWords, type Given } from './assign-words.ts';
import { commandOptions } from './command-options.ts';
import { durationForm, parseDuration } from './duration.ts';
import { refuseWithoutBatch, shareOf } from './share.ts';
import { checkForShellSyntax } from './shell-syntax.ts';
import { type Parameter, positionals, type ScalarType, signature } from './signature.ts';
import { parseSize } from './size.ts';

interface ParsedArguments {
  /** As typed, checked against the contract. Defaults and transformations are applied where the command runs. */
  readonly args: Record<string, unknown>;
  readonly expiresInMs?: number;
  readonly timeoutMs?: number;
  /** Maximum time the line waits for outcomes. */
  readonly waitMs?: number;
  /** Name for its jobs. */
  readonly as?: string;
  /** Number of clients to pick. */
  readonly pick?: number;
  /** Maximum number of clients that run it at once. */
  readonly batch?: Share;
  /** Sending stops after more failures than this. */
  readonly maxFailures?: Share;
  /** Whether to show identical output of several clients once. */
  readonly gathers?: true;
  /** Check and show the command without sending it. */
  readonly dryRun?: true;
  /** Skip the confirmation. */
  readonly yes?: true;
  /** Warning for the user. */
  readonly warning?: string;
}

/** Largest `timeoutMs` of the protocol. */
const maxTimeoutMs = 2_147_483_647;

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * The arguments of a command from the words after its name.
 * @throws ShellError `bad_arguments`
 */
export function parseArguments(contract: CommandContract, words: readonly Word[]): ParsedArguments {
  const assigned = assignWords(contract, words);
  const args: Record<string, unknown> = {};
  for (const parameter of signature(contract)) {
    const given = assigned.get(parameter.option);
    if (given !== undefined) args[parameter.name] = convertAll(contract, parameter, given);
    else if (parameter.mayBeEmpty) args[parameter.name] = [];
    else if (parameter.required) throw missing(contract, parameter);
  }
  checkAgainstContract(contract, args, assigned);
  const isTaken = new Set(commandOptions(contract).map(({ option }) => option));
  const given = (option: string) => (isTaken.has(option) ? assigned.get(option)?.[0] : undefined);
  const expiresInMs = duration(contract, '--expires', given('--expires'), [0]);
  const timeoutMs = duration(contract, '--timeout', given('--timeout'), [1, maxTimeoutMs]);
  const waitMs = duration(contract, '--wait', given('--wait'), [0]);
  const pick = countOf(contract, '--pick', given('--pick'));
  const batch = shareOf(contract, '--batch', given('--batch'), 1);
  const maxFailures = shareOf(contract, '--max-failures', given('--max-failures'), 0);
  refuseWithoutBatch(contract, batch, given('--max-failures'));
  const as = jobName(contract, given('--as'));
  const program = contract.runsCode ? positionals(contract).find(({ type }) => type === 'array') : undefined;
  const argv = program && assigned.get(program.option)?.map(({ word }) => word);
  const warning = argv && checkForShellSyntax(contract, argv);
  return {
    args,
    ...(expiresInMs !== undefined && { expiresInMs }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(waitMs !== undefined && { waitMs }),
    ...(as !== undefined && { as }),
    ...(pick !== undefined && { pick }),
    ...(batch !== undefined && { batch }),
    ...(maxFailures !== undefined && { maxFailures }),
    ...(given('--gather') && { gathers: true }),
    ...(given('--dry-run') && { dryRun: true }),
    ...(given('--yes') && { yes: true }),
    ...(warning !== undefined && { warning }),
  };
}

function convertAll(contract: CommandContract, parameter: Parameter, given: readonly Given[]): unknown {
  const { type, items = 'string' } = parameter;
  if (type === 'array') return given.map((one) => convert(contract, itemOf(parameter), one, items));
  const [only] = given;
  if (only === undefined) return undefined;
  return type === 'boolean' ? only.text === 'true' : convert(contract, parameter, only, type);
}

function convert(contract: CommandContract, parameter: Parameter, given: Given, type: ScalarType): string | number {
  if (type === 'string') return given.text;
  const value = decimal.test(given.text) ? Number(given.text) : withUnit(given.text, parameter.unit);
  if (value === undefined || !Number.isFinite(value)) throw misfit(contract, parameter, given);
  return value;
}

/** A number that is typed with its unit: `10s`, `512M`. */
function withUnit(text: string, unit: string | undefined): number | undefined {
  if (unit === 'bytes') return parseSize(text);
  const ms = parseDuration(text);
  if (ms === undefined || (unit !== 's' && unit !== 'ms')) return undefined;
  return unit === 's' ? ms / 1_000 : ms;
}

function checkAgainstContract(contract: CommandContract, args: Record<string, unknown>, assigned: Assigned): void {
  // Arguments of a command that takes none were already refused.
  if (signature(contract).length === 0) return;
  const { error } = contract.args.safeParse(args);
  const issue = error?.issues[0];
  if (issue === undefined) return;
  const [field, index] = issue.path;
  const parameter = signature(contract).find(({ name }) => name === field);
  if (parameter === undefined) throw argumentError(contract, issue.message);
  const given = assigned.get(parameter.option) ?? [];
  // The JSON schema cannot express these rules, so their message is shown.
  const isSilent = parameter.hasForm || (issue.code !== 'custom' && issue.code !== 'invalid_format');
  const reason = isSilent ? undefined : issue.message;
  const isOfItem = typeof index === 'number';
  const culprit = given[isOfItem ? index : 0];
  if (culprit === undefined) throw missing(contract, parameter);
  throw misfit(contract, isOfItem ? itemOf(parameter) : parameter, culprit, reason);
}

/** An error about one word of an array describes that word only. */
function itemOf(parameter: Parameter): Parameter {
  return { ...parameter, expectation: parameter.itemExpectation ?? parameter.expectation };
}

function missing(contract: CommandContract, { called, expectation }: Parameter): ShellError {
  return argumentError(contract, `${called} is missing: ${expectation}`);
}

function misfit(contract: CommandContract, parameter: Parameter, given: Given, reason?: string) {
  const { called, expectation, isSecret } = parameter;
  const message = `${called} must be ${expectation}${isSecret ? '' : `, not '${shorten(given.text)}'`}`;
  // The line with a secret is not shown either.
  return argumentError(
    contract,
    reason === undefined ? message : `${message}: ${reason}`,
    isSecret ? undefined : given.word,
  );
}

function duration(
  contract: CommandContract,
  option: string,
  given: Given | undefined,
  [leastMs, mostMs]: readonly [leastMs: number, mostMs?: number],
) {
  if (given === undefined) return undefined;
  const ms = parseDuration(given.text);
  if (ms !== undefined && ms >= leastMs && ms <= (mostMs ?? ms)) return ms;
  const bounds = mostMs === undefined ? '' : `, from ${leastMs}ms to ${Math.floor(mostMs / 86_400_000)}d`;
  throw argumentError(contract, `${option} must be ${durationForm}${bounds}, not '${shorten(given.text)}'`, given.word);
}

function countOf(contract: CommandContract, option: string, given: Given | undefined): number | undefined {
  if (given === undefined) return undefined;
  const count = /^\d{1,5}$/.test(given.text) ? Number(given.text) : 0;
  if (count >= 1 && count <= 10_000) return count;
  const message = `${option} must be a whole number from 1 to 10000, not '${shorten(given.text)}'`;
  throw argumentError(contract, message, given.word);
}

function jobName(contract: CommandContract, given: Given | undefined): string | undefined {
  if (given === undefined || isJobName(given.text)) return given?.text;
  throw argumentError(contract, `--as must be ${jobNameForm}, not '${shorten(given.text)}'`, given.word);
}
