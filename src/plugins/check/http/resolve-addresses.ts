import { isIP } from 'node:net';
import { type AddressPolicy, refusal } from '../address/address-policy.ts';
import { hostOf } from '../contracts/check-url.ts';
import { CheckFault } from './check-fault.ts';
import type { Lookup } from './names.ts';
import { orAborted } from './or-aborted.ts';

/**
 * The addresses of a host in the order of the resolver, if all of them are allowed.
 * @throws CheckFault, and errors of the lookup
 */
export async function resolveAddresses(
  url: URL,
  options: { lookup: Lookup; family: 0 | 4 | 6; policy: AddressPolicy; signal: AbortSignal },
): Promise<readonly [string, ...string[]]> {
  const { lookup, family, policy, signal } = options;
  const host = hostOf(url);
  const isAddress = isIP(host) !== 0;
  const addresses = isAddress ? [host] : await orAborted(lookup(host, family), signal);
  for (const address of addresses) {
    const why = refusal(address, policy);
    if (why !== undefined) throw new CheckFault('refused_address', isAddress ? why : `${host}: ${why}`);
  }
  const [first, ...others] = addresses;
  if (first === undefined || (family !== 0 && isIP(first) !== family)) {
    throw new CheckFault('dns_not_found', `${host} has no ${family === 0 ? '' : `IPv${family} `}address`);
  }
  return [first, ...others];
}
