import { shownUrl } from '../contracts/check-url.ts';
import type { CheckResult } from '../contracts/result.ts';
import { CheckFault } from '../http/check-fault.ts';
import { faultOf, timeoutFault } from '../http/fault-of.ts';
import { orAborted } from '../http/or-aborted.ts';
import { Phases } from '../http/phases.ts';
import type { CheckPlan } from './check-plan.ts';
import { type Findings, followHops } from './follow-hops.ts';
import { judge } from './judge.ts';
import type { CheckSurroundings } from './surroundings.ts';

/** Runs a check once. Faults of the site are in the result. @throws the reason of `signal` if it aborts */
export async function runCheck(
  plan: CheckPlan,
  surroundings: CheckSurroundings,
  { plannedAtMs, signal }: { plannedAtMs: number; signal: AbortSignal },
): Promise<CheckResult> {
  signal.throwIfAborted();
  const atMs = Date.now();
  const phases = new Phases(() => performance.now());
  const found: Findings = {
    url: plan.url,
    address: null,
    others: 0,
    redirects: 0,
    certificateDaysLeft: null,
    status: null,
    hasHead: false,
    bytes: 0,
  };
  const ended = new AbortController();
  const onAbort = () => ended.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => ended.abort(), plan.timeoutMs);
  let body: Buffer | undefined;
  let fault: CheckFault | undefined;
  try {
    body = await followHops(plan, found, { ...surroundings, phases, signal: ended.signal });
  } catch (error) {
    signal.throwIfAborted();
    const isTimeUp = ended.signal.aborted && !(error instanceof CheckFault);
    fault = isTimeUp ? timeoutFault(phases.last, plan.timeoutMs, found.hasHead) : faultOf(error, phases.last);
    if (phases.last === 'connect') fault = withAddress(fault, found);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
  const times = phases.end();
  const judged = body && judge(plan, { status: found.status, body }, surroundings.patterns);
  const verdict = judged ? await orAborted(judged, signal) : { match: null };
  signal.throwIfAborted();
  fault ??= verdict.fault;
  return {
    check: plan.name,
    ok: fault === undefined,
    errorKind: fault?.kind ?? null,
    error: fault?.message ?? null,
    plannedAtMs,
    atMs,
    ...times,
    status: found.status,
    bytes: found.bytes,
    match: verdict.match,
    certificateDaysLeft: found.certificateDaysLeft,
    url: shownUrl(found.url).slice(0, 4_096),
    address: found.address,
    redirects: found.redirects,
  };
}

/** Names the address if there are several: another one may work. */
function withAddress(fault: CheckFault, { address, others }: Findings): CheckFault {
  if (others === 0) return fault;
  const message = `${fault.message} (${address}, the first of ${others + 1} addresses)`;
  return new CheckFault(fault.kind, message, { cause: fault.cause });
}
