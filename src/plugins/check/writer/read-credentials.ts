import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SignalboxError } from '../../../index.ts';
import { type KafkaCredentials, parseKafkaCredentials } from '../kafka/kafka-credentials.ts';

/**
 * Of a file of this machine, and of files beside it.
 * @throws SignalboxError `not_allowed` where one cannot be read, or others can read the first; `bad_arguments` for its content.
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
