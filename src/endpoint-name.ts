import { createHash } from 'node:crypto';

const hashLength = 8;

/**
 * A unique name for an endpoint: readable, and without characters that a shell changes.
 * @param maxLength in characters, at least 20. Default: names of tcp endpoints are not shortened.
 */
export function endpointName(endpoint: string, maxLength?: number): string {
  const [, host, port] = /^tcp:\/\/([A-Za-z0-9.-]+):(\d+)$/.exec(endpoint) ?? [];
  const short = `tcp_${host}_${port}`;
  if (host !== undefined && short.length <= (maxLength ?? short.length)) return short;
  const readable = endpoint.replaceAll(/[^A-Za-z0-9.-]+/g, '_').slice(0, (maxLength ?? 109) - hashLength - 1);
  return `${readable}_${createHash('sha256').update(endpoint).digest('hex').slice(0, hashLength)}`;
}
