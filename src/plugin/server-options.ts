import type { CommandContract } from '../../schemas/index.ts';
import type { Plugin, PluginUse } from './define-plugin.ts';
import type { Fault } from './fault.ts';
import type { Interceptor } from './interceptor.ts';
import type { Observer } from './observer.ts';

export interface ServerOptions {
  /** Where to listen: `tcp://127.0.0.1:5555` (port `*`: any that is free) or `ipc:///path`. */
  readonly bind: string;
  /** An ipc endpoint in a folder of mode 0700 to listen on as well, for clients that this program starts. Not together with keys. */
  readonly privateBind?: string;
  /** The data commands that can be sent. */
  readonly commands?: readonly CommandContract[];
  /** After how many ms away a client's jobs are `lost`. Default: 60,000. */
  readonly lostAfterMs?: number;
  /** The folder that `signalbox keys` keeps: only clients that were added there can join. Default: no keys. */
  readonly keys?: string;
  /** Allow an endpoint that other machines can reach, without keys. Default: false. */
  readonly insecure?: boolean;
  /** Hear of every event, from the first one on. */
  readonly observers?: readonly Observer[];
  /** Stand before every method of the service, the first one outermost. */
  readonly interceptors?: readonly Interceptor[];
  /** Plug-ins, with their options where they have some. They are set up before the server listens, and ended after it has been closed. */
  readonly plugins?: readonly (Plugin | PluginUse)[];
  /** Told once of each observer, each `describe` and each plug-in that has failed. Default: a warning of the process. */
  readonly onFault?: (fault: Fault) => void;
}
