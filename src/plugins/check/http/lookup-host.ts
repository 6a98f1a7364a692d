import { lookup } from 'node:dns/promises';

/** All addresses of a name, in the order in which they are to be tried. */
export type Lookup = (host: string, family: 0 | 4 | 6) => Promise<readonly string[]>;

const asked = new Map<string, Promise<readonly string[]>>();

/**
 * By the resolver of the system, so that `/etc/hosts` and search domains count. A lookup holds one of the few threads of the process
 * and cannot be ended: checks that ask for the same name at the same time share one.
 */
export const lookupHost: Lookup = (host, family) => {
  const key = `${family} ${host}`;
  const known = asked.get(key);
  if (known) return known;
  const answer = lookup(host, { all: true, family, order: 'verbatim' })
    .then((found) => found.map(({ address }) => address))
    .finally(() => asked.delete(key));
  asked.set(key, answer);
  return answer;
};
