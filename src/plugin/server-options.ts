import type { CommandContract } from '../../schemas/index.ts';
import type { JobStore } from '../store/job-store.ts';
import type { Plugin, PluginUse } from './define-plugin.ts';
import type { Fault } from './fault.ts';
import type { Guard } from './guard.ts';
import type { Control, Interceptor } from './interceptor.ts';
import type { Observer } from './observer.ts';
import type { ServiceMethod } from './service-method.ts';

export interface ServerOptions {
  /** Where to listen: `tcp://127.0.0.1:5555` (port `*`: any that is free) or `ipc:///path`. */
  readonly bind: string;
  /**
   * An ipc endpoint in a folder of mode 0700 to listen on as well, for clients that this program starts. Not together
   * with keys.
   */
  readonly privateBind?: string;
  /** Data commands that can be sent. Default: none. */
  readonly commands?: readonly CommandContract[];
  /** Ms after which the jobs of a disconnected client are `lost`, recoverable and standing ones `unreachable`. Default: 60,000. */
  readonly lostAfterMs?: number;
  /**
   * Ms after which recoverable jobs of a disconnected client are `lost`, too, unless they are standing. Default:
   * 3,600,000.
   */
  readonly recoverWithinMs?: number;
  /**
   * How long a command without `expiresInMs` waits for a client that is away, in ms; 0: not at all. Default: 5,000.
   */
  readonly reconnectWaitMs?: number;
  /**
   * Where it keeps its jobs. With a durable store a command is stored before it leaves, and an outcome before it is told
   * and acked. One store serves one server; whoever opened it disposes it after the server has closed. Default: in
   * memory, for as long as the server runs.
   */
  readonly store?: JobStore;
  /** What is deleted from a durable store in the course of time. Default: nothing. */
  readonly keep?: {
    /** How long after its outcome a job is deleted, in ms. */
    readonly forMs: number;
    /** The oldest outcomes are deleted while the store has more bytes. */
    readonly maxBytes: number;
  };
  /**
   * Targets that have a name, such as `{ web: 'web-*,!web-9' }`: the name stands for them in other targets, and no client
   * may join with it. Default: none.
   */
  readonly groups?: Readonly<Record<string, string | readonly string[]>>;
  /** Take over jobs of other durable stores from clients that hold them. Default: false. */
  readonly adopt?: boolean;
  /** The key folder made by `signalbox keys`; only clients added there can join. Default: no keys. */
  readonly keys?: string;
  /** Allow an endpoint that other machines can reach, without keys. Default: false. */
  readonly insecure?: boolean;
  /** Receive every event from the first on. Default: none. */
  readonly observers?: readonly Observer[];
  /** Called before every method of the service, the first one outermost. Default: none. */
  readonly interceptors?: readonly Interceptor[];
  /** Holds what some actors may see and do. Default: every caller may do everything. */
  readonly guard?: Guard | undefined;
  /** Methods of the service by their full names, `PLUGIN/NAME`: those of plug-ins are added. Default: none. */
  readonly methods?: ReadonlyMap<string, ServiceMethod>;
  /**
   * Plug-ins, with their options if any. They are set up before the server listens and disposed after it has closed.
   * Default: none.
   */
  readonly plugins?: readonly (Plugin | PluginUse)[];
  /** Finds the text of a secret when a command that uses it is sent; throws where it cannot. Default: there is none. */
  readonly secretOf?: (name: string) => string;
  /** Called with each `cancel` and `signal` that is carried out. Default: nobody is told. */
  readonly onControl?: (call: Control) => void;
  /** Called once for each observer, `describe` and plug-in that fails. Default: a process warning. */
  readonly onFault?: (fault: Fault) => void;
}
