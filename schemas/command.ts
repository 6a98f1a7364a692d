import { z } from 'zod';
import { SignalboxError } from './errors.ts';
import { commandNameSchema } from './names.ts';

/** `control` changes the client's state and is taken in every state; `data` is work, taken only in `ready`. */
export type CommandKind = 'control' | 'data';

/**
 * What both sides know of a command. From it alone the server checks what was typed, completes it, prints
 * its help and renders its result.
 */
export interface CommandContract<
  Name extends string = string,
  Args extends z.ZodObject = z.ZodObject,
  Result extends z.ZodType = z.ZodType,
> {
  /** `[a-z][a-z0-9-]*`, what is typed and what travels. */
  readonly name: Name;
  readonly kind: CommandKind;
  /** One sentence for `help`. */
  readonly summary: string;
  /**
   * A `z.strictObject`; the order of its fields is the order of the positional arguments. What `.meta()` of a field may
   * hold: `description`; `unit`; `named: true`, given by `--name value` only; `label`, what stands for it in a usage;
   * `form`, what it must be in words, where its schema says it badly; `secret: true`, it may hold a password, so errors do not repeat it. `.meta()` of the whole may hold `instead`: options of
   * other programs that people type, with what they can do here (`{ '-v': 'type --mount SRC:DST' }`).
   */
  readonly args: Args;
  readonly result: Result;
  /** A line that can be typed as it stands. */
  readonly example: string;
  /** Its result is shown with the time of the way to the client and back, and with the client's event-loop lag. */
  readonly measuresLatency?: boolean;
  /**
   * It can run code that its arguments bring: a client must allow it by name, and only where it knows who its server
   * is.
   */
  readonly runsCode?: boolean;
  /** It ends its client: a prompt asks first. */
  readonly endsClient?: boolean;
  /** Its jobs do something with signals: `job.onSignal`. Default: none can be sent to them. */
  readonly takesSignals?: boolean;
  /**
   * Its jobs run until they are ended: true, or a function that decides by the arguments. After `lostAfterMs` without
   * its client such a job is `unreachable` instead of `lost`, and it goes on when the client comes back with it.
   * Neither the end of a script nor `wait` without a JOB waits for it. Default: its jobs end by themselves.
   */
  readonly standing?: true | StandingWhen<Args>;
  /**
   * Its jobs go on when the process of their client dies. The next process of that client takes them up: `recover` of
   * `implement`. Until then they are `unreachable`, and `lost` after `recoverWithinMs`. Default: they end with the process, and are `lost`.
   */
  readonly recoverable?: true;
  /**
   * What a record is: a value that a job emits beside its output. A value that does not fit is dropped and counted.
   * Default: none.
   */
  readonly records?: z.ZodType;
  /**
   * The caller has asked for output to be dropped where there is no room: that is no failure of a script. Default:
   * never.
   */
  mayLoseOutput?(args: z.output<Args>): boolean;
  /** What an audit log may keep of its arguments. Default: all of them. */
  auditArgs?(args: z.output<Args>): Record<string, unknown>;
  /** The result in a few words for people. Default: as JSON. */
  describe?(result: z.output<Result>): string;
}

/** As a method: so that a contract of one command is a contract of any. */
type StandingWhen<Args extends z.ZodObject> = { when(args: z.output<Args>): boolean }['when'];

/** Whether a job with these arguments runs until it is ended. */
export function isStanding({ standing }: CommandContract, args: Readonly<Record<string, unknown>>): boolean {
  return typeof standing === 'function' ? standing(args) === true : standing === true;
}

/** What is sent: what its schema has a default for may be left out. */
export type ArgsOf<C extends CommandContract> = z.input<C['args']>;
/** What comes back. */
export type ResultOf<C extends CommandContract> = z.output<C['result']>;

export interface CommandDefinition<Name extends string, Args extends z.ZodObject, Result extends z.ZodType>
  extends Omit<CommandContract<Name, Args, Result>, 'kind'> {
  /** Default: `data`. */
  readonly kind?: CommandKind;
}

/**
 * Declares a command.
 * @throws SignalboxError `bad_usage` where the name is not `[a-z][a-z0-9-]*`, something is missing, or the example does
 * not begin with the name.
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

/** What TypeScript says first; without it, this does. */
function checkDefinition(definition: Partial<CommandDefinition<string, z.ZodObject, z.ZodType>> | undefined): void {
  const { name, summary, example, args, result, standing, recoverable, records } = definition ?? {};
  if (!commandNameSchema.safeParse(name).success) {
    throw new SignalboxError('bad_usage', `a command's name is [a-z][a-z0-9-]*, not '${name}'`);
  }
  const wrong = (what: string) => new SignalboxError('bad_usage', `the command ${name} has ${what}`);
  if (typeof summary !== 'string') throw wrong('no summary: one sentence for help');
  if (typeof example !== 'string') throw wrong(`no example: a line that can be typed, such as '${name} …'`);
  if (!(args instanceof z.ZodObject)) throw wrong('no args: a z.strictObject, with {} where it takes none');
  if (!(result instanceof z.ZodType)) throw wrong('no result: a zod type, z.null() where it returns none');
  if (standing !== undefined && standing !== true && typeof standing !== 'function') {
    throw wrong('standing that is neither true nor a function of its arguments');
  }
  if (recoverable !== undefined && recoverable !== true) throw wrong('recoverable that is not true');
  if (records !== undefined && !(records instanceof z.ZodType)) throw wrong('records that are not a zod type');
}

/** Whether a module's export is a contract: how `schemas/commands/` is read without a list of it. */
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
