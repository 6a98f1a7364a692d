import { parseCheckUrl, shownUrl } from '../contracts/check-url.ts';
import { isExpected } from '../contracts/statuses.ts';
import { CheckFault } from '../http/check-fault.ts';
import type { Phases } from '../http/phases.ts';
import { requestHop } from '../http/request-hop.ts';
import { resolveAddresses } from '../http/resolve-addresses.ts';
import type { CheckPlan } from './check-plan.ts';
import { requestHeaders } from './request-headers.ts';
import type { CheckSurroundings } from './surroundings.ts';

/** What is known so far, also when the check fails later. */
export interface Findings {
  url: URL;
  address: string | null;
  /** How many more the host has. */
  others: number;
  redirects: number;
  certificateDaysLeft: number | null;
  status: number | null;
  /** Whether the header of the present hop is complete. */
  hasHead: boolean;
  bytes: number;
}

interface FollowOptions extends CheckSurroundings {
  readonly phases: Phases;
  readonly signal: AbortSignal;
}

const redirectStatuses = new Set([301, 302, 303, 307, 308]);

/**
 * One request after the other, until a response leads nowhere else, or has a status that is expected.
 * @returns the last body, or nothing of it where no pattern asks for it.
 * @throws CheckFault, and what resolver and sockets throw.
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
    // RFC 9110, 15.4: what a redirect may make of a method.
    if (isRewritten && method !== 'HEAD') method = 'GET';
  }
}
