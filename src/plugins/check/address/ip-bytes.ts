import { isIPv4, isIPv6 } from 'node:net';

/** The 4 or 16 bytes of an address as resolvers and URLs write it, without its zone. @returns undefined for anything else. */
export function ipBytes(address: string): Uint8Array | undefined {
  const [text = ''] = address.split('%');
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number);
  if (!isIPv6(text)) return undefined;
  const [head = '', tail] = text.split('::');
  const front = bytesOf(head);
  if (tail === undefined) return Uint8Array.from(front);
  const back = bytesOf(tail);
  return Uint8Array.from([...front, ...Array<number>(16 - front.length - back.length).fill(0), ...back]);
}

function bytesOf(groups: string): number[] {
  if (groups === '') return [];
  return groups.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
