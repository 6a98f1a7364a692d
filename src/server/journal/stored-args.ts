import { z } from 'zod';
import type { SecretUse } from '../../jobs/secret-use.ts';

type Args = Record<string, unknown>;

/** Marks stored arguments with secrets. No other arguments can have this form. */
const mark = '$secrets';

const storedSchema = z.strictObject({
  [mark]: z.array(
    z.object({
      path: z.array(z.union([z.string(), z.number()])),
      pieces: z.array(z.union([z.string(), z.strictObject({ secret: z.string() })])),
    }),
  ),
  args: z.record(z.string(), z.unknown()),
});

interface Both {
  readonly args: Args;
  readonly secrets?: readonly SecretUse[] | undefined;
}

/** The form in which arguments are stored. Arguments of jobs that have ended are empty. */
export const storedArgs = ({ args, secrets = [] }: Both): Args =>
  mark in args || (secrets.length > 0 && Object.keys(args).length > 0) ? { [mark]: [...secrets], args } : args;

export function fromStoredArgs(stored: Readonly<Args>): Both {
  if (!(mark in stored)) return { args: stored };
  const { [mark]: secrets, args } = storedSchema.parse(stored);
  return secrets.length > 0 ? { args, secrets } : { args };
}
