import { resolve } from 'node:path';
import type { ConfiguredSecrets } from '../secrets.ts';
import type { ConfigFile } from './config-file.ts';

/** The secrets of a configuration: a path is relative to its file. */
export function secretsIn({ config, folder }: ConfigFile): ConfiguredSecrets {
  const secrets = Object.entries(config.secrets ?? {}).map(([name, { file, env = '', workflows }]) => [
    name,
    file === undefined ? { env, workflows } : { file: resolve(folder, file), workflows },
  ]);
  return Object.fromEntries(secrets);
}
