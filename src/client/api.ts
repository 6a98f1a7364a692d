import type { ClientState, ErrorCode, Outcome, SignalboxError } from '../../schemas/index.ts';
import type { Plugin, PluginUse } from '../plugin/define-plugin.ts';
import type { Fault } from '../plugin/fault.ts';
import type { Implementation } from '../plugin/implement.ts';
import type { Starting } from './jobs.ts';

/** What a client tells the program that it runs in. */
export type ClientEvent =
  | { type: 'connected'; server: string }
  /** The session is over or could not be had; the client tries again by itself. */
  | { type: 'disconnected'; error: SignalboxError }
  | { type: 'state'; state: ClientState | 'terminated' }
  /** A command has been accepted. */
  | { type: 'began'; id: string; command: string }
  /** Every command ends so once; `code` where it did not complete, `durationMs` from its start where it had one. */
  | {
      type: 'ended';
      id: string;
      command: string;
      outcome: Exclude<Outcome, 'lost'>;
      code?: ErrorCode;
      durationMs?: number;
    }
  /** It ended without these: jobs (`ID COMMAND`) that went on though told to end, and outcomes that no server has acked. */
  | { type: 'left'; jobs: string[]; unacked: number };

export interface ClientOptions {
  /** Where the server listens: `tcp://127.0.0.1:5555` or `ipc:///path`. */
  readonly connect: string;
  /**
   * `[a-z0-9][a-z0-9._-]*`, at most 63 characters. One client of a name is connected at a time. Default: that of the
   * credentials.
   */
  readonly name?: string;
  /** The file that `signalbox keys add` has written for this client; read anew for each connection. Default: no keys. */
  readonly credentials?: string;
  /** What this client can run. Default: nothing but `start`, `stop` and `terminate`. */
  readonly commands?: readonly Implementation[];
  /** Subset of `commands` to enable. Default: all that cannot run code of the server's choice. */
  readonly allow?: readonly string[];
  /** Plug-ins, with their options where they have some. They are set up before the client connects, and ended when it has closed. */
  readonly plugins?: readonly (Plugin | PluginUse)[];
  /** Told once of each plug-in that has failed since. Default: a warning of the process. */
  readonly onFault?: (fault: Fault) => void;
  /** Begin in `ready` instead of `unready`. Default: false. */
  readonly ready?: boolean;
  /** Allow an endpoint that other machines can reach, without keys. Default: false. */
  readonly insecure?: boolean;
  /** Where commands print for people at this machine. Default: nowhere. */
  readonly print?: (line: string) => void;
  readonly onEvent?: (event: ClientEvent) => void;
  /**
   * Called for each data command that is about to run; `ended` tells how it did. The `traceparent` that it returns is that of the
   * job; where it returns none, the one that came with the command is.
   */
  readonly trace?: (starting: Starting) => string | undefined;
}

export interface Client extends AsyncDisposable {
  readonly name: string;
  readonly bootId: string;
  readonly state: ClientState | 'terminated';
  /** Resolves when the client has ended, by `close` or by `terminate` from the server. Never rejects. */
  readonly closed: Promise<void>;
  /** Cancels the running jobs, reports them, says goodbye. May be called twice. */
  close(reason?: string): Promise<void>;
}
