import type { z } from 'zod';
import type { ErrorCode } from './errors.ts';

/** The optional fields that one word requires or excludes. */
export interface FieldRule {
  /** Fields that must be present. */
  readonly always?: readonly string[];
  /** Fields that must be absent. */
  readonly never?: readonly string[];
  /** The required code of `error`. Default: any. */
  readonly errorCode?: ErrorCode;
}

/** Which optional fields each word of the field `of` requires or excludes. All other fields are unrestricted. */
export interface FieldRules {
  /** Name of the field that has the word. */
  readonly of: string;
  readonly words: Readonly<Record<string, FieldRule>>;
}

/** By message type. */
export const fieldRules = {
  job: { of: 'state', words: { running: { never: ['outcome'] }, settled: { always: ['outcome'] } } },
  result: {
    of: 'outcome',
    words: {
      completed: { never: ['error'] },
      failed: { always: ['error'] },
      cancelled: { always: ['error'], errorCode: 'cancelled' },
      expired: { always: ['error'], errorCode: 'expired', never: ['result', 'offsets', 'outputError', 'records'] },
    },
  },
} as const satisfies Readonly<Record<string, FieldRules>>;

/** Checks the optional fields of a message. @returns the fault; undefined if there is none. */
export function misplacedField(
  { of, words }: FieldRules,
  message: Readonly<Record<string, unknown>>,
): string | undefined {
  const word = String(message[of]);
  const { always = none, never = none, errorCode } = words[word] ?? {};
  for (const name of always) if (message[name] === undefined) return `${word} needs ${name}`;
  for (const name of never) if (message[name] !== undefined) return `${word} excludes ${name}`;
  if (errorCode === undefined) return undefined;
  const { code } = (message.error ?? {}) as { code?: unknown };
  return code === errorCode ? undefined : `${word} needs the error code ${errorCode}`;
}

/** `misplacedField` as a refinement of a message's schema. */
export const keepingTo =
  (rules: FieldRules) => (message: Readonly<Record<string, unknown>>, context: z.RefinementCtx) => {
    const wrong = misplacedField(rules, message);
    if (wrong !== undefined) context.addIssue(wrong);
  };

const none: readonly string[] = [];
