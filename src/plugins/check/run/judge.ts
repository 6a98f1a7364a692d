import { isExpected } from '../contracts/statuses.ts';
import { CheckFault } from '../http/check-fault.ts';
import type { Patterns } from '../match/patterns.ts';
import type { CheckPlan } from './check-plan.ts';

/** Whether the patterns are satisfied; null if they were not tested. */
interface Verdict {
  readonly match: boolean | null;
  readonly fault?: CheckFault;
}

/** Compares a response with the expected one. */
export async function judge(
  { statuses, expected, match, noMatch }: CheckPlan,
  { status, body }: { status: number | null; body: Buffer },
  patterns: Pick<Patterns, 'test'>,
): Promise<Verdict> {
  if (status === null || !isExpected(status, statuses)) {
    return { match: null, fault: new CheckFault('status', `the status is ${status}, expected ${expected}`) };
  }
  const asked = [match, noMatch].filter((pattern) => pattern !== undefined);
  if (asked.length === 0) return { match: null };
  try {
    const matches = await patterns.test(asked, body);
    if (match !== undefined && !matches[0]) {
      return { match: false, fault: new CheckFault('no_match', 'the body does not match --match') };
    }
    if (noMatch !== undefined && matches.at(-1)) {
      return { match: false, fault: new CheckFault('forbidden_match', 'the body matches --no-match') };
    }
    return { match: true };
  } catch (error) {
    if (error instanceof CheckFault) return { match: null, fault: error };
    throw error;
  }
}
