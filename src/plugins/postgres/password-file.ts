import { readFile, stat } from 'node:fs/promises';
import { SignalboxError } from '../../index.ts';
import type { Address } from './address.ts';

/**
 * Finds the password for an address in a password file of libpq (https://www.postgresql.org/docs/current/libpq-pgpass.html).
 * @throws SignalboxError `unavailable` if other users can read the file; libpq refuses such a file, too
 */
export async function passwordFromFile({ passFile, host, port, database, user }: Address): Promise<string | undefined> {
  if (passFile === undefined) return undefined;
  const found = await stat(passFile).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    throw new SignalboxError('unavailable', `${passFile} can be read by others; run chmod 0600 on it`);
  }
  const wanted = [host.startsWith('/') ? 'localhost' : host, String(port), database, user];
  for (const line of (await readFile(passFile, 'utf8')).split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    const [password, ...fields] = fieldsOf(line).reverse();
    const isMeant =
      fields.length === 4 &&
      fields.reverse().every((field, at) => field === '*' || field === wanted[at] || (at === 0 && field === host));
    if (isMeant) return password;
  }
  return undefined;
}

/** Colons separate fields. A backslash escapes a colon or a backslash. */
const fieldsOf = (line: string): string[] =>
  (line.match(/(?:\\.|[^:\\])*(?::|$)/g) ?? [])
    .slice(0, 5)
    .map((field) => field.replace(/:$/, '').replaceAll(/\\(.)/g, '$1'));
