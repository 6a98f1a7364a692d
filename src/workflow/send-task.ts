import { SignalboxError } from '../../schemas/index.ts';
import type { JobGroup } from '../plugin/job-group.ts';
import type { JobService } from '../plugin/job-service.ts';
import { parseArguments } from '../shell/parse/arguments.ts';
import { fillTarget } from './fill-target.ts';
import type { Submission } from './plan.ts';
import { SecretMarks } from './secret-marks.ts';
import { fillWords, type TaskLine } from './task-line.ts';
import { TemplateError } from './template.ts';

/** Why nothing was sent. */
export interface Unsent {
  readonly outcome: 'failed' | 'rejected';
  readonly canRetry: boolean;
  readonly error: string;
}

type Find = (path: readonly string[]) => string | undefined;

/**
 * How long a task waits for an absent client, in ms, unless its line sets `--expires`: long enough for a machine to
 * restart. Without it, a job that was stored but not sent when its server was killed would be rejected. Tasks for
 * picked clients are sent at once.
 */
const expiresMs = 900_000;

/** Errors that pass by themselves and are not caused by the task: the caller tries again later. */
const passing: readonly string[] = ['unavailable', 'unknown', 'store_in_use', 'closed'];

/**
 * Sends a task under its key.
 * @throws SignalboxError if it is unknown whether it was sent, or if it cannot be sent at present.
 */
export async function sendTask(
  { instance, clients }: Submission,
  {
    line,
    key,
    find,
    service,
    secretRefusal = () => 'secrets are not permitted',
  }: {
    line: TaskLine;
    key: string;
    find: Find;
    service: JobService;
    /** Returns why it may not use a secret. */
    secretRefusal?: (secret: string) => string | undefined;
  },
): Promise<JobGroup | Unsent> {
  const marks = new SecretMarks();
  const findMarked: Find = ([scope, name = '', ...path]) => {
    if (scope !== 'secret') return find([scope ?? '', name, ...path]);
    const refusal = secretRefusal(name);
    if (refusal !== undefined) throw new SignalboxError('not_allowed', refusal);
    return marks.markFor(name);
  };
  try {
    const { contract } = line;
    const {
      args: marked,
      expiresInMs,
      timeoutMs = instance.definition.timeout,
      pick,
      batch,
      maxFailures,
    } = parseArguments(contract, fillWords(line, findMarked));
    const { args, secrets } = marks.takeOut(marked);
    // Jobs that wait for their turn in a batch are not rejected.
    const waitsByDefault = contract.kind === 'data' && batch === undefined && pick === undefined;
    const waitMs = expiresInMs ?? (waitsByDefault ? expiresMs : undefined);
    // If clients were picked, the same number is picked again.
    const again = pick === undefined ? clients?.filter((client) => client !== undefined) : undefined;
    const target = again ?? [await fillTarget(line.target ?? ['all'], find, service)];
    return await service.submit(target, contract, args, {
      key,
      ...(secrets && { secrets }),
      ...(waitMs !== undefined && { expiresInMs: waitMs }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(pick !== undefined && { pick: clients?.length ?? pick }),
      ...(batch !== undefined && { batch }),
      ...(maxFailures !== undefined && { maxFailures }),
    });
  } catch (error) {
    if (error instanceof TemplateError) return { outcome: 'failed', canRetry: false, error: error.message };
    const { code, message: said } = SignalboxError.from(error, 'command_failed');
    const message = marks.named(said);
    if (passing.includes(code)) throw error;
    if (code === 'no_such_target') return { outcome: 'rejected', canRetry: true, error: message };
    return { outcome: 'failed', canRetry: false, error: message };
  }
}
