import { isIPv6 } from 'node:net';
import { SignalboxError } from '../../../index.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `HOST:PORT`, with an IPv6 address in brackets. @returns undefined for what is none. */
export function parseHostPort(text: string): HostPort | undefined {
  const [, v6, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  const host = v6 ?? name;
  return host === undefined || port > 65_535 || (v6 !== undefined && !isIPv6(v6)) ? undefined : { host, port };
}

export const hostPortText = ({ host, port }: HostPort): string => `${isIPv6(host) ? `[${host}]` : host}:${port}`;

/** @throws SignalboxError `insecure_endpoint` where others can reach it, and that was not allowed. */
export function checkReach(at: HostPort, { insecure }: { insecure: boolean }): void {
  if (insecure || /^(?:127\.\d+\.\d+\.\d+|localhost|::1)$/.test(at.host)) return;
  const text = `${hostPortText(at)} can be reached from other machines, in clear text`;
  throw new SignalboxError('insecure_endpoint', `${text}; put a TLS proxy before it and give --insecure`);
}
