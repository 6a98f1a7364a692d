import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SignalboxError } from '../../../index.ts';
import { type KafkaCredentials, parseKafkaCredentials } from '../kafka/kafka-credentials.ts';

/**
 * Reads the credentials file and the files in its folder that it names.
 * @throws SignalboxError `not_allowed` if a file cannot be read, or if other users can read the credentials file; `bad_arguments` for
 * unusable content
 */
export async function readCredentials(path: string | undefined): Promise<KafkaCredentials> {
  if (path === undefined) return {};
  const text = read(path, true);
  return await parseKafkaCredentials(basename(path), text, async (name) => read(join(dirname(path), name), false));
}

function read(path: string, isSecret: boolean): string {
  const refused = (why: string, cause?: unknown) =>
    new SignalboxError('not_allowed', `the file of --kafka-credentials, ${path}, ${why}`, { cause });
  try {
    if (isSecret && (statSync(path).mode & 0o007) !== 0) throw refused(`can be read by others: chmod 640 ${path}`);
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof SignalboxError) throw cause;
    throw refused(`cannot be read: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
}
