import type { SignalboxError } from '../../schemas/index.ts';

/** A failure in an observer, a contract or a plug-in. It has no effect on jobs or sessions. */
export interface Fault {
  /**
   * Where it failed: `observer NAME`, `describe of COMMAND` or `plug-in NAME`. On a client also `onEvent`, `print`,
   * `trace`, `facts of COMMAND` or `onForgotten of COMMAND`.
   */
  readonly source: string;
  readonly error: SignalboxError;
}
