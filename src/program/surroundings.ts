import type { Logger } from 'pino';
import type { Host } from '../host/host.ts';
import type { SetUp } from '../plugin/set-up.ts';

/** What a subcommand is given besides its options. */
export interface Surroundings {
  readonly host: Host;
  readonly logger: Logger | undefined;
  /** What plug-ins add. */
  readonly added: SetUp | undefined;
}
