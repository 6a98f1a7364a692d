import { z } from 'zod';
import { type JobService, SignalboxError } from '../../../index.ts';
import { checkName } from '../contracts/check-name.ts';
import { parseCheckUrl } from '../contracts/check-url.ts';

/** The lines of the configuration, as `standing/list` reports them. */
const standingSchema = z.array(
  z.object({
    line: z.string(),
    client: z.string().nullable(),
    command: z.string(),
    args: z.record(z.string(), z.unknown()),
    reason: z.string().nullable(),
  }),
);

/** A check of the configuration that does not run. */
interface UnheardCheck {
  readonly check: string;
  /** Null: no client is in the target of its line. */
  readonly client: string | null;
  readonly reason: string;
  /** The facts that the keys vouch for now. */
  readonly vouched: Readonly<Record<string, string>>;
}

/** The checks of the configuration that do not run, with the reason. */
export async function unheardChecks(service: JobService): Promise<UnheardCheck[]> {
  const vouched = new Map((await service.clients()).map((one) => [one.name, one.vouched]));
  const lines = standingSchema.parse(await standing(service));
  return lines.flatMap(({ line, client, command, args, reason }) => {
    if (command !== 'check' || reason === null) return [];
    const name = typeof args.name === 'string' ? args.name : undefined;
    const url = typeof args.url === 'string' ? parseCheckUrl(args.url) : undefined;
    return [
      { check: url ? checkName(name, url) : (name ?? line), client, reason, vouched: vouched.get(client ?? '') ?? {} },
    ];
  });
}

async function standing(service: JobService): Promise<unknown> {
  try {
    return await service.call('standing/list', {});
  } catch (error) {
    // A server of the library has no configuration.
    if (error instanceof SignalboxError && error.code === 'unknown_command') return [];
    throw error;
  }
}
