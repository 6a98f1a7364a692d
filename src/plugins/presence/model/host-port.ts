import { isIPv6 } from 'node:net';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `HOST:PORT`, with an IPv6 address in brackets. @throws Error */
export function parseHostPort(text: string): HostPort {
  const [, v6, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  const host = v6 ?? name;
  if (host !== undefined && port <= 65_535 && (v6 === undefined || isIPv6(v6))) return { host, port };
  throw new Error('it is HOST:PORT, such as 127.0.0.1:5560');
}

export const hostPortText = ({ host, port }: HostPort): string => `${isIPv6(host) ? `[${host}]` : host}:${port}`;
