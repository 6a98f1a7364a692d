import { createHash } from 'node:crypto';

/** Maximum length of a name, in characters. */
export const longestName = 128;

/** The name of a check: the given name, else its URL. Long URLs with the same beginning get distinct names. */
export function checkName(name: string | undefined, { href }: URL): string {
  if (name !== undefined) return name;
  if (href.length <= longestName) return href;
  const digest = createHash('sha256').update(href).digest('hex').slice(0, 8);
  return `${href.slice(0, longestName - 9)}…${digest}`;
}
