import type { RoleDefinitions } from '../../../schemas/roles.ts';
import { ConfigFile } from './config-file.ts';

/** The roles of a configuration, and how they are read again. */
export interface ConfiguredRoles {
  readonly definitions: RoleDefinitions;
  /** @throws SignalboxError `bad_usage` where the file is wrong by now. */
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
