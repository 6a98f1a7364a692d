import type { StandingDefinitions } from '../../standing/standing-line.ts';
import { ConfigFile } from './config-file.ts';

/** The standing lines of a configuration, and a function that rereads them. */
export interface ConfiguredStanding {
  readonly definitions: StandingDefinitions;
  /** @throws SignalboxError `bad_usage` if the file is no longer valid. */
  readonly again: () => StandingDefinitions;
}

export function standingIn({ config, path }: ConfigFile): ConfiguredStanding {
  const again = () => {
    const file = new ConfigFile(path);
    file.check();
    return file.config.standing ?? {};
  };
  return { definitions: config.standing ?? {}, again };
}
