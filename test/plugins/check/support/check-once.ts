import type { CheckArgs } from '../../../../src/plugins/check/contracts/check.ts';
import { AllowedFiles } from '../../../../src/plugins/check/files/allowed-files.ts';
import { Names } from '../../../../src/plugins/check/http/names.ts';
import { Patterns } from '../../../../src/plugins/check/match/patterns.ts';
import { planCheck } from '../../../../src/plugins/check/run/check-plan.ts';
import { runCheck } from '../../../../src/plugins/check/run/run-check.ts';
import type { CheckSurroundings } from '../../../../src/plugins/check/run/surroundings.ts';

type Options = Partial<CheckSurroundings> & { readonly files?: string; readonly signal?: AbortSignal };

/** One check by a client that allows loopback by default. */
export async function checkOnce(args: CheckArgs, { files, signal, ...surroundings }: Options = {}) {
  await using patterns = new Patterns();
  await using names = new Names();
  const plan = await planCheck(args, await AllowedFiles.in(files));
  return await runCheck(
    plan,
    { policy: { private: true }, lookup: names.lookup, patterns, ...surroundings },
    { plannedAtMs: Date.now(), signal: signal ?? new AbortController().signal },
  );
}
