import { isIPv6 } from 'node:net';

/**
 * The unit of address that limits apply to: an IPv4 address, or a /64 network of IPv6, in which one host can have any
 * address.
 */
export function sourceOf(remoteAddress = ''): string {
  const [, v4] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(remoteAddress) ?? [];
  if (v4 !== undefined) return v4;
  if (!isIPv6(remoteAddress)) return remoteAddress;
  const [bare = ''] = remoteAddress.split('%', 1);
  const [head = '', tail] = bare.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0');
  return `${[...first, ...zeros, ...last].slice(0, 4).join(':')}::/64`;
}
