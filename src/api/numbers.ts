import { SignalboxError } from '../../schemas/errors.ts';

/** A whole number of a message. @throws SignalboxError `bad_usage` */
export function wholeNumber(value: bigint, name: string): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw new SignalboxError('bad_usage', `${name} is at most 2^53 − 1, not ${value}`);
}
