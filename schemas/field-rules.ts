import type { z } from 'zod';
import type { ErrorCode } from './errors.ts';

/** What one word of a message says of its optional fields. */
export interface FieldRule {
  readonly always?: readonly string[];
  readonly never?: readonly string[];
  /** The code of its `error`. Default: any. */
  readonly errorCode?: ErrorCode;
}

/** Which optional fields go with which word of the field `of`. Other fields are free. */
export interface FieldRules {
  readonly of: string;
  readonly words: Readonly<Record<string, FieldRule>>;
}

/** By type of message. */
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

/** @returns what is wrong; undefined where each field is in its place. */
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

/** The rules as a refinement of the schema of a message. */
export const keepingTo =
  (rules: FieldRules) => (message: Readonly<Record<string, unknown>>, context: z.RefinementCtx) => {
    const wrong = misplacedField(rules, message);
    if (wrong !== undefined) context.addIssue(wrong);
  };

const none: readonly string[] = [];
