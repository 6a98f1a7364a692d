import { type Credentials, credentialsSchema } from '../../schemas/index.ts';
import { readPrivateFile } from './private-file.ts';

/**
 * Reads the credentials file that `signalbox keys add` wrote for one client.
 * @throws SignalboxError `not_allowed`, naming the file and what is wrong with it.
 */
export function readCredentials(path: string): Credentials {
  return readPrivateFile(path, credentialsSchema);
}
