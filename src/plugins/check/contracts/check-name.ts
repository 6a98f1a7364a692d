import { createHash } from 'node:crypto';

/** Characters of a name. */
export const longestName = 128;

/** What a check is called: its name, else its URL. Long URLs that begin alike have names of their own. */
export function checkName(name: string | undefined, { href }: URL): string {
  if (name !== undefined) return name;
  if (href.length <= longestName) return href;
  const digest = createHash('sha256').update(href).digest('hex').slice(0, 8);
  return `${href.slice(0, longestName - 9)}…${digest}`;
}
