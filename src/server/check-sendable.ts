import { isDeepStrictEqual } from 'node:util';
import { type CommandContract, limits, SignalboxError, traceparentSchema } from '../../schemas/index.ts';
import { frozenCopy } from '../deep-copy.ts';
import type { SubmitOptions } from '../plugin/job-service.ts';
import { sizeOf } from '../wire/encode-frame.ts';
import { checkBatch } from './batch-of.ts';

/** Maximum size of a key, because PostgreSQL cannot index long values. */
const maxKeyBytes = 255;

/** Maximum number of clients that can be chosen. */
const maxPick = 10_000;

/** Shared by all commands without arguments: the history keeps them. */
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
  /** Names of arguments that are omitted or changed. */
  readonly redacted?: readonly string[];
}

/** The arguments to show. They are frozen, and independent of the ones that are sent. */
export function shownArguments(command: CommandContract, args: Record<string, unknown>): Shown {
  if (args === noArguments && !command.auditArgs) return { auditedArgs: args };
  const audited = command.auditArgs?.(args);
  if (audited) {
    const redacted = Object.keys(args).filter((name) => !isDeepStrictEqual(audited[name], args[name]));
    return { auditedArgs: frozenCopy(audited), ...(redacted.length > 0 && { redacted }) };
  }
  // The schema created this object and nobody else has it, so it can be both sent and shown.
  return { auditedArgs: Object.values(args).every(isPrimitive) ? Object.freeze(args) : frozenCopy(args) };
}

/**
 * Refuses a submission that cannot be sent, or that every client would refuse.
 * @throws SignalboxError `bad_arguments`, `message_too_large`
 */
export function checkSendable(args: Record<string, unknown>, options: SubmitOptions): void {
  const { key, expiresInMs, timeoutMs, traceparent, pick } = options;
  if (key !== undefined && !isKey(key)) {
    throw new SignalboxError('bad_arguments', `a key must be a text of 1 to ${maxKeyBytes} bytes`);
  }
  if (expiresInMs !== undefined && !(Number.isFinite(expiresInMs) && expiresInMs >= 0)) {
    throw new SignalboxError('bad_arguments', `expiresInMs must be a number of ms from 0, not ${expiresInMs}`);
  }
  if (timeoutMs !== undefined && !(Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs < 2 ** 31)) {
    throw new SignalboxError(
      'bad_arguments',
      `timeoutMs must be a whole number from 1 to 2147483647, not ${timeoutMs}`,
    );
  }
  if (pick !== undefined && !(Number.isInteger(pick) && pick >= 1 && pick <= maxPick)) {
    throw new SignalboxError('bad_arguments', `pick must be a whole number from 1 to ${maxPick}, not ${pick}`);
  }
  checkBatch(options);
  // A client would end its session over a malformed traceparent.
  if (traceparent !== undefined && !traceparentSchema.safeParse(traceparent).success) {
    throw new SignalboxError('bad_arguments', 'a traceparent must be 00-TRACE-SPAN-FLAGS, as in W3C Trace Context');
  }
  if (isEmpty(args)) return;
  const fields = Object.entries(args);
  if (fields.length <= 64 && fields.every(isSmall)) return;
  if (sizeOf(args) > limits.maxArgsBytes) {
    throw new SignalboxError('message_too_large', `the arguments exceed ${limits.maxArgsBytes} bytes`);
  }
}

const isKey = (key: unknown): boolean =>
  typeof key === 'string' && key !== '' && key.isWellFormed() && Buffer.byteLength(key) <= maxKeyBytes;

/** Certainly small enough and supported by the protocol, so that encoding it is not needed to find out. */
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
