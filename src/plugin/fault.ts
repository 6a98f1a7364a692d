import type { SignalboxError } from '../../schemas/index.ts';

/** Code of others that failed and has harmed nobody. */
export interface Fault {
  /** Whose it is: `observer NAME`, `describe of COMMAND`, `plug-in NAME`. */
  readonly source: string;
  readonly error: SignalboxError;
}
