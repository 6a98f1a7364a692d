import { parseCheckUrl, shownUrl } from '../contracts/check-url.ts';
import { isExpected } from '../contracts/statuses.ts';
import { CheckFault } from '../http/check-fault.ts';
import type { Phases } from '../http/phases.ts';
import { requestHop } from '../http/request-hop.ts';
import { resolveAddresses } from '../http/resolve-addresses.ts';
import type { CheckPlan } from './check-plan.ts';
import { requestHeaders } from './request-headers.ts';
import type { CheckSurroundings } from './surroundings.ts';

/** The findings so far; they stay valid if the check fails later. */
export interface Findings {
  url: URL;
  address: string | null;
  /** Number of other addresses of the host. */
  others: number;
  redirects: number;
  certificateDaysLeft: number | null;
  status: number | null;
  /** Whether the header of the current hop is complete. */
  hasHead: boolean;
  bytes: number;
}

interface FollowOptions extends CheckSurroundings {
  readonly phases: Phases;
  readonly signal: AbortSignal;
}

const redirectStatuses = new Set([301, 302, 303, 307, 308]);

/**
 * Follows redirects until a response is not a redirect or has an expected status.
 * @returns the last body; empty if there is no pattern
 * @throws CheckFault, and errors of the resolver and the sockets
 */
export async function followHops(plan: CheckPlan, found: Findings, options: FollowOptions): Promise<Buffer> {
  const { phases, signal } = options;
  let { method } = plan;
  for (;;) {
    const { url } = found;
    phases.enter('dns');
    found.hasHead = false;
    const [address, ...others] = await resolveAddresses(url, { ...options, family: plan.family });
    found.address = address;
    found.others = others.length;
    let location: string | undefined;
    const body = await requestHop(
      { url, address, method, headers: requestHeaders(plan, url, method), context: plan.context },
      {
        phases,
        signal,
        limitBytes: plan.limitBytes,
        keeps: plan.match !== undefined || plan.noMatch !== undefined,
        onCertificate(daysLeft) {
          found.certificateDaysLeft = daysLeft;
        },
        onHead(status, to) {
          found.status = status;
          found.hasHead = true;
          const leadsOn = plan.follow > 0 && redirectStatuses.has(status) && !isExpected(status, plan.statuses);
          if (leadsOn) location = to;
          return location === undefined;
        },
        onBytes(bytes) {
          found.bytes = bytes;
        },
      },
    );
    if (location === undefined) return body;
    if (found.redirects === plan.follow) {
      throw new CheckFault('too_many_redirects', `there are more than ${plan.follow} redirects`);
    }
    const next = parseCheckUrl(location, url);
    if (!next) throw new CheckFault('bad_redirect', `${shownUrl(url)} does not redirect to an http or https URL`);
    found.url = new URL(shownUrl(next));
    found.redirects += 1;
    const isRewritten = found.status === 303 || (method === 'POST' && (found.status === 301 || found.status === 302));
    // RFC 9110, 15.4: how a redirect may change the method.
    if (isRewritten && method !== 'HEAD') method = 'GET';
  }
}
