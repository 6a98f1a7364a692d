import { isIP } from 'node:net';

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const dnsName = new RegExp(`^(?:\\*\\.)?(?:${label}\\.)*${label}$`, 'i');

/** Whether a server certificate can have this name: an address, or a DNS name, optionally with `*` as its first label. */
export const isHostName = (text: string): boolean =>
  isIP(text) !== 0 ? !text.includes('%') : text.length <= 253 && dnsName.test(text);
