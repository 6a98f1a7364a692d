import { z } from 'zod';
import { SignalboxError } from './errors.ts';

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
   * A `z.strictObject`; the order of its fields is the order of the positional arguments. What `.meta()` of a field may hold:
   * `description`; `unit`; `named: true`, given by `--name value` only; `label`, what stands for it in a usage; `form`, what it must
   * be in words, where its schema says it badly.
   */
  readonly args: Args;
  readonly result: Result;
  /** A line that can be typed as it stands. */
  readonly example: string;
  /** Its result is shown with the time of the way to the client and back, and with the client's event-loop lag. */
  readonly measuresLatency?: boolean;
  /** It can run code that its arguments bring: a client must allow it by name, and only where it knows who its server is. */
  readonly runsCode?: boolean;
  /** It ends its client: a prompt asks first. */
  readonly endsClient?: boolean;
  /** Its jobs do something with signals: `job.onSignal`. Default: none can be sent to them. */
  readonly takesSignals?: boolean;
  /** The caller has asked for output to be dropped where there is no room: that is no failure of a script. Default: never. */
  mayLoseOutput?(args: z.output<Args>): boolean;
  /** What an audit log may keep of its arguments. Default: all of them. */
  auditArgs?(args: z.output<Args>): Record<string, unknown>;
  /** The result in a few words for people. Default: as JSON. */
  describe?(result: z.output<Result>): string;
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
 * @throws SignalboxError `bad_usage` where the name is not `[a-z][a-z0-9-]*`, something is missing, or the example does not begin with
 * the name.
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
  const { name, summary, example, args, result } = definition ?? {};
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]{0,62}$/.test(name)) {
    throw new SignalboxError('bad_usage', `a command's name is [a-z][a-z0-9-]*, not '${name}'`);
  }
  const wrong = (what: string) => new SignalboxError('bad_usage', `the command ${name} has ${what}`);
  if (typeof summary !== 'string') throw wrong('no summary: one sentence for help');
  if (typeof example !== 'string') throw wrong(`no example: a line that can be typed, such as '${name} …'`);
  if (!(args instanceof z.ZodObject)) throw wrong('no args: a z.strictObject, with {} where it takes none');
  if (!(result instanceof z.ZodType)) throw wrong('no result: a zod type, z.null() where it returns none');
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
