import { ipBytes } from './ip-bytes.ts';

/**
 * `never`: link-local, metadata services, multicast and addresses that are not destinations. `private`: not on the public Internet.
 * An address that embeds another one has the stricter class of both.
 */
export type AddressClass = 'public' | 'private' | 'loopback' | 'never';

const strictness: readonly AddressClass[] = ['public', 'private', 'loopback', 'never'];

type Range = readonly [prefix: string, bits: number, AddressClass];

// IANA, IPv4 and IPv6 Special-Purpose Address Registries. The first matching range applies.
const ipv4: readonly Range[] = [
  ['0.0.0.0', 8, 'never'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'never'],
  // Metadata services outside of link-local: Oracle Cloud, Alibaba Cloud, Azure.
  ['192.0.0.192', 32, 'never'],
  ['100.100.100.200', 32, 'never'],
  ['168.63.129.16', 32, 'never'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'private'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'private'],
  ['192.0.2.0', 24, 'private'],
  ['192.88.99.0', 24, 'private'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'private'],
  ['198.51.100.0', 24, 'private'],
  ['203.0.113.0', 24, 'private'],
  ['224.0.0.0', 3, 'never'],
];

const ipv6: readonly Range[] = [
  ['::', 128, 'never'],
  ['::1', 128, 'loopback'],
  ['fe80::', 10, 'never'],
  ['ff00::', 8, 'never'],
  // Metadata services of AWS and Google Cloud.
  ['fd00:ec2::', 32, 'never'],
  ['fd20:ce::', 32, 'never'],
  ['fc00::', 7, 'private'],
  ['fec0::', 10, 'private'],
  ['100::', 64, 'never'],
  ['64:ff9b:1::', 48, 'private'],
  ['2001:2::', 48, 'private'],
  ['2001:db8::', 32, 'private'],
  ['3fff::', 20, 'private'],
  ['5f00::', 16, 'private'],
  // An address that embeds an IPv4 address also has the class of that one.
  ['::ffff:0:0', 96, 'public'],
  ['::', 96, 'public'],
  ['64:ff9b::', 96, 'public'],
  ['2001::', 32, 'public'],
  ['2002::', 16, 'public'],
  ['2000::', 3, 'public'],
  ['::', 0, 'never'],
];

export function classOf(address: string): AddressClass {
  const bytes = ipBytes(address);
  if (!bytes) return 'never';
  if (bytes.length === 4) return within(bytes, ipv4) ?? 'public';
  const classes = [within(bytes, ipv6) ?? 'never', ...embedded(bytes).map((one) => within(one, ipv4) ?? 'public')];
  return strictness.findLast((one) => classes.includes(one)) ?? 'never';
}

function within(bytes: Uint8Array, ranges: readonly Range[]): AddressClass | undefined {
  return ranges.find(([prefix, bits]) => hasPrefix(bytes, ipBytes(prefix) ?? bytes, bits))?.[2];
}

function hasPrefix(bytes: Uint8Array, prefix: Uint8Array, bits: number): boolean {
  for (let bit = 0; bit < bits; bit += 8) {
    const mask = (0xff << Math.max(0, 8 - (bits - bit))) & 0xff;
    if (((bytes[bit / 8] ?? 0) & mask) !== ((prefix[bit / 8] ?? 0) & mask)) return false;
  }
  return true;
}

/** The IPv4 addresses in an IPv6 one: mapped, compatible, NAT64, 6to4, Teredo (server and, inverted, client), ISATAP. */
function embedded(bytes: Uint8Array): Uint8Array[] {
  const is = (prefix: string, bits: number) => hasPrefix(bytes, ipBytes(prefix) ?? bytes, bits);
  const last = bytes.subarray(12);
  if (is('::ffff:0:0', 96) || is('64:ff9b::', 96)) return [last];
  if (is('::', 96)) return is('::', 127) ? [] : [last];
  if (is('2002::', 16)) return [bytes.subarray(2, 6)];
  if (is('2001::', 32)) return [bytes.subarray(4, 8), last.map((byte) => byte ^ 0xff)];
  const isIsatap = ((bytes[8] ?? 0) & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe;
  return isIsatap ? [last] : [];
}
