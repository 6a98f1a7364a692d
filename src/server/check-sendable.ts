import { isDeepStrictEqual } from 'node:util';
import { type CommandContract, limits, SignalboxError, traceparentSchema } from '../../schemas/index.ts';
import { frozenCopy } from '../deep-copy.ts';
import type { SubmitOptions } from '../plugin/job-service.ts';
import { sizeOf } from '../wire/encode-frame.ts';
import { checkBatch } from './batch-of.ts';

/** Maximum size of a key: PostgreSQL cannot index a long one. */
const maxKeyBytes = 255;

/** Clients that can be chosen at most. */
const maxPick = 10_000;

/** Of all commands without any: kept in the history, one object is enough. */
const noArguments: Record<string, unknown> = Object.freeze({});

/** Validates arguments with the contract's schema. @throws SignalboxError `bad_arguments` */
export function checkArguments(command: CommandContract, args: object): Record<string, unknown> {
  const parsed = command.args.safeParse(args);
  if (parsed.success) return isEmpty(parsed.data) ? noArguments : parsed.data;
  const issue = parsed.error.issues[0];
  throw new SignalboxError('bad_arguments', `${command.name}: ${issue?.path.join('.')}: ${issue?.message}`);
}

interface Shown {
  readonly auditedArgs: Readonly<Record<string, unknown>>;
  /** Names of the arguments that are not shown as they were given. */
  readonly redacted?: readonly string[];
}

/** Arguments as they are shown. Nobody can change them, and what happens to the sent ones does not change them. */
export function shownArguments(command: CommandContract, args: Record<string, unknown>): Shown {
  if (args === noArguments && !command.auditArgs) return { auditedArgs: args };
  const audited = command.auditArgs?.(args);
  if (audited) {
    const redacted = Object.keys(args).filter((name) => !isDeepStrictEqual(audited[name], args[name]));
    return { auditedArgs: frozenCopy(audited), ...(redacted.length > 0 && { redacted }) };
  }
  // The schema has made this object, and nobody else has it: it is sent and shown.
  return { auditedArgs: Object.values(args).every(isPrimitive) ? Object.freeze(args) : frozenCopy(args) };
}

/**
 * Refuses what cannot be sent, or what every client would refuse.
 * @throws SignalboxError `bad_arguments`, `message_too_large`
 */
export function checkSendable(args: Record<string, unknown>, options: SubmitOptions): void {
  const { key, expiresInMs, timeoutMs, traceparent, pick } = options;
  if (key !== undefined && !isKey(key)) {
    throw new SignalboxError('bad_arguments', `a key is a text of 1 to ${maxKeyBytes} bytes`);
  }
  if (expiresInMs !== undefined && !(Number.isFinite(expiresInMs) && expiresInMs >= 0)) {
    throw new SignalboxError('bad_arguments', `expiresInMs is a number of ms from 0, not ${expiresInMs}`);
  }
  if (timeoutMs !== undefined && !(Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs < 2 ** 31)) {
    throw new SignalboxError('bad_arguments', `timeoutMs is a whole number from 1 to 2147483647, not ${timeoutMs}`);
  }
  if (pick !== undefined && !(Number.isInteger(pick) && pick >= 1 && pick <= maxPick)) {
    throw new SignalboxError('bad_arguments', `pick is a whole number from 1 to ${maxPick}, not ${pick}`);
  }
  checkBatch(options);
  // A client ends its session over a malformed one.
  if (traceparent !== undefined && !traceparentSchema.safeParse(traceparent).success) {
    throw new SignalboxError('bad_arguments', 'a traceparent is 00-TRACE-SPAN-FLAGS, as in W3C Trace Context');
  }
  if (isEmpty(args)) return;
  const fields = Object.entries(args);
  if (fields.length <= 64 && fields.every(isSmall)) return;
  if (sizeOf(args) > limits.maxArgsBytes) {
    throw new SignalboxError('message_too_large', `the arguments are over ${limits.maxArgsBytes} bytes`);
  }
}

const isKey = (key: unknown): boolean =>
  typeof key === 'string' && key !== '' && key.isWellFormed() && Buffer.byteLength(key) <= maxKeyBytes;

/** Certainly small enough, and what the protocol carries, so that it need not be encoded to find out. */
const isSmall = ([key, value]: readonly [string, unknown]): boolean =>
  isShort(key, 64) &&
  key !== '__proto__' &&
  (Number.isFinite(value) || typeof value === 'boolean' || (typeof value === 'string' && isShort(value, 1_000)));

const isShort = (text: string, maxLength: number): boolean => text.length <= maxLength && text.isWellFormed();

const isPrimitive = (value: unknown): boolean => typeof value !== 'object' || value === null;

function isEmpty(args: object): boolean {
  for (const _key in args) return false;
  return true;
}
