import type { RoleDefinitions } from '../../../schemas/roles.ts';
import { ConfigFile } from './config-file.ts';

/** The roles of a configuration, and a function that rereads them. */
export interface ConfiguredRoles {
  readonly definitions: RoleDefinitions;
  /** @throws SignalboxError `bad_usage` if the file is no longer valid. */
  readonly again: () => RoleDefinitions;
}

export function rolesIn({ config, path }: ConfigFile): ConfiguredRoles {
  const again = () => {
    const file = new ConfigFile(path);
    file.check();
    return file.config.roles ?? {};
  };
  return { definitions: config.roles ?? {}, again };
}
