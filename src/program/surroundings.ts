import type { Logger } from 'pino';
import type { Host } from '../host/host.ts';
import type { SetUp } from '../plugin/set-up.ts';

/** Input of a subcommand besides its options. */
export interface Surroundings {
  readonly host: Host;
  readonly logger: Logger | undefined;
  /** Additions of plug-ins. */
  readonly added: SetUp | undefined;
}
