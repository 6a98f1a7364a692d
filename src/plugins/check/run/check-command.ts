import { isIP } from 'node:net';
import { type Implementation, implement, JobFailure } from '../../../index.ts';
import { check } from '../contracts/check.ts';
import { hostOf } from '../contracts/check-url.ts';
import type { AllowedFiles } from '../files/allowed-files.ts';
import type { Names } from '../http/names.ts';
import type { KafkaLinks } from '../kafka/kafka-links.ts';
import { planCheck } from './check-plan.ts';
import { repeatCheck } from './repeat-check.ts';
import { runCheck } from './run-check.ts';
import type { CheckSurroundings } from './surroundings.ts';

interface Own {
  readonly files: AllowedFiles;
  readonly names: Names;
  readonly kafka: KafkaLinks;
}

/** `check`: one result, or with `every` a record for each. */
export function checkCommand(surroundings: CheckSurroundings, { files, names, kafka }: Own): Implementation {
  return implement(check, async (args, job) => {
    const plan = await planCheck(args, files);
    if (plan.kafka) kafka.check(plan.kafka.address);
    // Not during the first lookup, whose time is measured.
    if (isIP(hostOf(plan.url)) === 0) await names.start();
    if (args.every !== undefined)
      return await repeatCheck(plan, surroundings, { job, kafka, everyMs: args.every, after: args.after ?? 1 });
    const result = await runCheck(plan, surroundings, { plannedAtMs: Date.now(), signal: job.signal });
    if (!result.ok) throw new JobFailure(result.error ?? 'it is not ok', result);
    return result;
  });
}
