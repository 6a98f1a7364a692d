import { SignalboxError } from '../../schemas/errors.ts';

/** Checks a time in a message. @throws SignalboxError `bad_usage` */
export function timeMs(value: number, name: string): number {
  if (value >= 0) return value;
  throw new SignalboxError('bad_usage', `${name} must be a number of ms from 0, not ${value}`);
}

/** Checks a whole number in a message. @throws SignalboxError `bad_usage` */
export function wholeNumber(value: bigint, name: string): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw new SignalboxError('bad_usage', `${name} must be at most 2^53 − 1, not ${value}`);
}
