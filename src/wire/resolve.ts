import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { type ErrorCode, SignalboxError } from '../../schemas/index.ts';

/** Returns the addresses of a name, like `lookup` of `node:dns/promises` with `all`. */
export type Lookup = (name: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

const lookupAll: Lookup = (name) => systemLookup(name, { all: true });
const tcpName = /^tcp:\/\/([A-Za-z0-9._-]+):(\d+|\*)$/;

/**
 * Returns the endpoints to dial, in order: one for each address of a name. libzmq itself only dials one address, and IPv6
 * only with an option.
 * @throws SignalboxError `cannot_connect` if the name cannot be resolved.
 */
export async function resolveForDialling(endpoint: string, lookup = lookupAll): Promise<string[]> {
  const [, name, port] = tcpName.exec(endpoint) ?? [];
  if (name === undefined || isIP(name)) return [endpoint];
  const addresses = await resolve(name, lookup, 'cannot_connect', `cannot reach ${endpoint}`);
  return addresses.map((address) => `tcp://${address}:${port}`);
}

/**
 * Returns the endpoint to listen on. Interfaces and addresses are unchanged; a name becomes its first IPv4 address, or
 * its first address if it has none.
 * @throws SignalboxError `cannot_bind` if the name cannot be resolved.
 */
export async function resolveForListening(endpoint: string, lookup = lookupAll): Promise<string> {
  const [, name, port] = tcpName.exec(endpoint) ?? [];
  if (name === undefined || isIP(name) || networkInterfaces()[name]) return endpoint;
  const addresses = await resolve(name, lookup, 'cannot_bind', `cannot listen on ${endpoint}`);
  return `tcp://${addresses.find((address) => !address.startsWith('[')) ?? addresses[0]}:${port}`;
}

async function resolve(name: string, lookup: Lookup, code: ErrorCode, what: string): Promise<string[]> {
  try {
    const found = await lookup(name);
    return found.map(({ address, family }) => (family === 6 ? `[${address}]` : address));
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
    throw new SignalboxError(code, `${what}: the name ${name} cannot be resolved${why}`, { cause });
  }
}
