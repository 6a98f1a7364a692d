import { hostname } from 'node:os';
import { readCredentials } from '../keys/credentials.ts';

/**
 * The default name of a client: the name in its credentials, followed by the host name if they are for replicas; without
 * credentials, host name and pid.
 */
export function defaultName(credentials: string | undefined): string {
  if (credentials === undefined) return `${hostPart(40) || 'client'}-${process.pid}`;
  const { name, replicas } = readCredentials(credentials);
  return replicas ? `${name}-${hostPart(62 - name.length)}` : name;
}

function hostPart(length: number): string {
  return hostname()
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, length);
}
