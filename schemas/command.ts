import { z } from 'zod';
import { SignalboxError } from './errors.ts';
import { commandNameSchema } from './names.ts';

/** `control` changes the state of the client and is accepted in every state; `data` is work, accepted only in `ready`. */
export type CommandKind = 'control' | 'data';

/**
 * Describes a command to both sides. The server uses it to check and complete what is typed, to print help and to show
 * results.
 */
export interface CommandContract<
  Name extends string = string,
  Args extends z.ZodObject = z.ZodObject,
  Result extends z.ZodType = z.ZodType,
> {
  /** `[a-z][a-z0-9-]*`, at most 63 characters. It is typed at the prompt and sent to clients. */
  readonly name: Name;
  /** Default of `defineCommand`: `data`. */
  readonly kind: CommandKind;
  /** One sentence for `help`. */
  readonly summary: string;
  /**
   * A `z.strictObject`. The order of its fields is the order of the positional arguments.
   *
   * `.meta()` of a field may have `description`; `unit`; `named: true`: it is given only as `--name value`; `label`: its
   * placeholder in the usage; `form`: what to type, in words, if the schema does not say it well; `secret: true`: it may
   * hold a password, so errors do not repeat it.
   *
   * `.meta()` of the object may have `instead`: options that people know from other programs, each with advice for this
   * command (`{ '-v': 'type --mount SRC:DST' }`).
   */
  readonly args: Args;
  /** A zod type. A result that does not match it becomes a failure with `bad_result`. */
  readonly result: Result;
  /** A line that works as typed. It begins with the name of the command. */
  readonly example: string;
  /** Results are shown with the round trip time and the event loop lag of the client. Default: false. */
  readonly measuresLatency?: boolean;
  /**
   * The arguments can contain code that the client executes. A client runs such a command only if it allows the command
   * by name and authenticates its server. Default: false.
   */
  readonly runsCode?: boolean;
  /** The command ends its client, so a prompt asks first. Default: false. */
  readonly endsClient?: boolean;
  /** Its jobs accept signals: `job.onSignal`. Default: false; signals are rejected. */
  readonly takesSignals?: boolean;
  /**
   * Its jobs run until somebody ends them: `true`, or a function that decides by the arguments. If the client is away for
   * `lostAfterMs`, such a job becomes `unreachable` instead of `lost`, and continues when the client returns. Neither the
   * end of a script nor `wait` without a JOB waits for it. Default: its jobs end by themselves.
   */
  readonly standing?: true | StandingWhen<Args>;
  /**
   * Its jobs survive the process of their client. The next process of that client recovers them: `recover` of
   * `implement`. Until then they are `unreachable`, and after `recoverWithinMs` they are `lost`. Default: they end with
   * the process and are `lost`.
   */
  readonly recoverable?: true;
  /**
   * The schema of a record: a value that a job emits in addition to its output. A record that does not match is dropped
   * and counted. Default: no records.
   */
  readonly records?: z.ZodType;
  /**
   * Whether these arguments allow output to be dropped when there is no room for it. Lost output then does not fail a
   * script. Default: false.
   */
  mayLoseOutput?(args: z.output<Args>): boolean;
  /** The arguments that an audit log may contain. Default: all. */
  auditArgs?(args: z.output<Args>): Record<string, unknown>;
  /** The result as a short text for people. Default: the result as JSON. */
  describe?(result: z.output<Result>): string;
}

/** Declared as a method, so that the contract of one command is assignable to `CommandContract`. */
type StandingWhen<Args extends z.ZodObject> = { when(args: z.output<Args>): boolean }['when'];

/** Returns whether a job with these arguments runs until somebody ends it. */
export function isStanding({ standing }: CommandContract, args: Readonly<Record<string, unknown>>): boolean {
  return typeof standing === 'function' ? standing(args) === true : standing === true;
}

/** The arguments as a caller gives them: fields that have a default are optional. */
export type ArgsOf<C extends CommandContract> = z.input<C['args']>;
/** The result as a caller gets it. */
export type ResultOf<C extends CommandContract> = z.output<C['result']>;

/** The argument of `defineCommand`: a contract whose `kind` is optional. */
export interface CommandDefinition<Name extends string, Args extends z.ZodObject, Result extends z.ZodType>
  extends Omit<CommandContract<Name, Args, Result>, 'kind'> {
  /** Default: `data`. */
  readonly kind?: CommandKind;
}

/**
 * Declares a command. The returned contract is frozen.
 * @throws SignalboxError `bad_usage` if the name does not match `[a-z][a-z0-9-]*`, a field is missing or has the wrong
 * type, or the example does not begin with the name.
 */
export function defineCommand<Name extends string, Args extends z.ZodObject, Result extends z.ZodType>(
  definition: CommandDefinition<Name, Args, Result>,
): CommandContract<Name, Args, Result> {
  checkDefinition(definition);
  const { name, example } = definition;
  if (example !== name && !example.startsWith(`${name} `)) {
    throw new SignalboxError('bad_usage', `the example of ${name} must begin with its name: '${example}'`);
  }
  return Object.freeze({ kind: 'data' as const, ...definition });
}

/** Checks at run time what TypeScript checks at compile time. */
function checkDefinition(definition: Partial<CommandDefinition<string, z.ZodObject, z.ZodType>> | undefined): void {
  const { name, summary, example, args, result, standing, recoverable, records } = definition ?? {};
  if (!commandNameSchema.safeParse(name).success) {
    throw new SignalboxError('bad_usage', `the name of a command is [a-z][a-z0-9-]*, not '${name}'`);
  }
  const wrong = (what: string) => new SignalboxError('bad_usage', `the command ${name} has ${what}`);
  if (typeof summary !== 'string') throw wrong('no summary: one sentence for help');
  if (typeof example !== 'string') throw wrong(`no example: a line to type, such as '${name} …'`);
  if (!(args instanceof z.ZodObject)) throw wrong('no args: a z.strictObject, empty if it takes no arguments');
  if (!(result instanceof z.ZodType)) throw wrong('no result: a zod type, z.null() if it returns nothing');
  if (standing !== undefined && standing !== true && typeof standing !== 'function') {
    throw wrong('standing that is neither true nor a function of its arguments');
  }
  if (recoverable !== undefined && recoverable !== true) throw wrong('recoverable that is not true');
  if (records !== undefined && !(records instanceof z.ZodType)) throw wrong('records that are not a zod type');
}

/** Whether an export of a module is a contract. `schemas/commands/` is loaded this way, without a list of commands. */
export function isContract(value: unknown): value is CommandContract {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    'example' in value &&
    'args' in value &&
    value.args instanceof z.ZodObject
  );
}
