import type { CommandContract } from '../../schemas/index.ts';
import type { JobStore } from '../store/job-store.ts';
import type { Plugin, PluginUse } from './define-plugin.ts';
import type { Fault } from './fault.ts';
import type { Guard } from './guard.ts';
import type { Control, Interceptor } from './interceptor.ts';
import type { Observer } from './observer.ts';
import type { ServiceMethod } from './service-method.ts';

/** Options of `createServer`. */
export interface ServerOptions {
  /** The endpoint to listen on: `tcp://127.0.0.1:5555` (port `*`: any free port) or `ipc:///path`. */
  readonly bind: string;
  /**
   * An additional ipc endpoint, in a folder of mode 0700, for clients that this program starts. Not permitted together
   * with `keys`. Default: none.
   */
  readonly privateBind?: string;
  /** The data commands that can be sent. Default: none. */
  readonly commands?: readonly CommandContract[];
  /**
   * Time after which the jobs of an absent client become `lost`, or `unreachable` if they are recoverable or standing,
   * in ms. Default: 60,000.
   */
  readonly lostAfterMs?: number;
  /**
   * Time after which recoverable jobs of an absent client become `lost`, too, unless they are standing, in ms. Default:
   * 3,600,000.
   */
  readonly recoverWithinMs?: number;
  /** How long a command without `expiresInMs` waits for an absent client, in ms. 0: not at all. Default: 5,000. */
  readonly reconnectWaitMs?: number;
  /**
   * Where jobs are kept. With a durable store, a command is stored before it is sent, and an outcome before it is
   * reported and acked. A store serves one server at a time. Whoever opened it must dispose of it after the server has
   * closed. Default: in memory, while the server runs.
   */
  readonly store?: JobStore;
  /** When to delete settled jobs from a durable store. Default: never. */
  readonly keep?: {
    /** Time from its outcome until a job is deleted, in ms. */
    readonly forMs: number;
    /** Maximum size of the store, in bytes. Above it the oldest outcomes are deleted. */
    readonly maxBytes: number;
  };
  /**
   * Groups: targets by name, such as `{ web: 'web-*,!web-9' }`. The name can be used in other targets, and no client
   * can join with it. Default: none.
   */
  readonly groups?: Readonly<Record<string, string | readonly string[]>>;
  /** Adopt jobs of other durable stores that clients hold. Default: false. */
  readonly adopt?: boolean;
  /** The key folder created by `signalbox keys`. Only clients that were added to it can join. Default: no keys. */
  readonly keys?: string;
  /** Allow an endpoint without keys that other machines can reach. Default: false. */
  readonly insecure?: boolean;
  /** Observers, which receive every event from the first one on. Default: none. */
  readonly observers?: readonly Observer[];
  /** Interceptors of every method of the service, the first one outermost. Default: none. */
  readonly interceptors?: readonly Interceptor[];
  /** Restricts what some actors may see and do. Default: every caller may do everything. */
  readonly guard?: Guard | undefined;
  /** Methods of the service by full name, `PLUGIN/NAME`, in addition to those of plug-ins. Default: none. */
  readonly methods?: ReadonlyMap<string, ServiceMethod>;
  /**
   * Plug-ins, with their options if any. They are set up before the server listens, and disposed of after it has
   * closed. Default: none.
   */
  readonly plugins?: readonly (Plugin | PluginUse)[];
  /**
   * Returns the value of a secret when a command that uses it is sent; throws if it is not available. Default: there
   * are no secrets.
   */
  readonly secretOf?: (name: string) => string;
  /** Called with each `cancel` and `signal` that was performed. Default: none. */
  readonly onControl?: (call: Control) => void;
  /** Called once for each observer, `describe` and plug-in that fails. Default: a process warning. */
  readonly onFault?: (fault: Fault) => void;
}
