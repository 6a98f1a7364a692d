import { readFileSync } from 'node:fs';
import { SignalboxError } from '../../../index.ts';

/** Reads the file of `--tls-ca`. @throws SignalboxError `bad_usage` */
export function readAuthorities(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { message } = cause instanceof Error ? cause : { message: String(cause) };
    throw new SignalboxError('bad_usage', `the file of --tls-ca cannot be read: ${message}`, { cause });
  }
}
