import { hostname } from 'node:os';
import { readCredentials } from '../keys/credentials.ts';

/**
 * What a client is called where nobody says: as its credentials say, with the host's name behind it where they are for
 * replicas; without credentials by host and process.
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
