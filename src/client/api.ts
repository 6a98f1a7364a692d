import type { ClientState, ErrorCode, Outcome, SignalboxError } from '../../schemas/index.ts';
import type { Plugin, PluginUse } from '../plugin/define-plugin.ts';
import type { Fault } from '../plugin/fault.ts';
import type { Implementation } from '../plugin/implement.ts';
import type { Starting } from './jobs.ts';

/** What a client reports to its host program. */
export type ClientEvent =
  | { type: 'connected'; server: string }
  /** The session ended or could not be opened. The client retries by itself. */
  | { type: 'disconnected'; error: SignalboxError }
  | { type: 'state'; state: ClientState | 'terminated' }
  /** A command has been accepted. */
  | { type: 'began'; id: string; command: string }
  /** Emitted once per command. `code` is set unless it completed, `durationMs` if it was started. */
  | {
      type: 'ended';
      id: string;
      command: string;
      outcome: Exclude<Outcome, 'lost'>;
      code?: ErrorCode;
      durationMs?: number;
    }
  /** Left behind at the end: jobs (`ID COMMAND`) that did not stop, and the number of outcomes that no server acked. */
  | { type: 'left'; jobs: string[]; unacked: number }
  /** Number of outcomes of other stores that were forgotten since the last time. */
  | { type: 'forgotten'; outcomes: number };

export interface ClientOptions {
  /** Where the server listens: `tcp://127.0.0.1:5555` or `ipc:///path`. */
  readonly connect: string;
  /**
   * `[a-z0-9][a-z0-9._-]*`, at most 63 characters. A server accepts one client per name at a time. Default: the name in
   * the credentials.
   */
  readonly name?: string;
  /** The file written by `signalbox keys add`. It is read again for each connection. Default: no keys. */
  readonly credentials?: string;
  /** Commands this client implements, besides `start`, `stop` and `terminate`. Default: none. */
  readonly commands?: readonly Implementation[];
  /** Subset of `commands` to enable. Default: every command that cannot run code chosen by the server. */
  readonly allow?: readonly string[];
  /**
   * Plug-ins, with their options if any. They are set up before the client connects and disposed after it has closed.
   */
  readonly plugins?: readonly (Plugin | PluginUse)[];
  /** Called once per plug-in, and per callback of these options, that fails at run time. Default: a process warning. */
  readonly onFault?: (fault: Fault) => void;
  /**
   * What its owner says of it, such as `{ env: 'prod' }`: at most 64, each name as a client's name, each value
   * `[A-Za-z0-9][A-Za-z0-9._:/-]*` of at most 63 characters. Default: none.
   */
  readonly labels?: Readonly<Record<string, string>>;
  /** Whether its owner chose the name. Default: true. */
  readonly named?: boolean;
  /**
   * Where its commands keep what must outlive its process; one client at a time holds it. Default:
   * `$XDG_STATE_HOME/signalbox/client/NAME`, with `~/.local/state` where that variable is not set.
   */
  readonly stateFolder?: string;
  /**
   * Instead, for a client that is never started again: it makes a folder of its own in this one, and removes it at its
   * end. What clients that were killed have left there is told to `recover` as `left`.
   */
  readonly temporaryStateIn?: string;
  /**
   * How long an outcome is held for a durable store other than that of the connected server, in ms. Default: 7 days.
   */
  readonly forgetAfterMs?: number;
  /** Begin in `ready` instead of `unready`. Default: false. */
  readonly ready?: boolean;
  /** Allow an endpoint that other machines can reach, without keys. Default: false. */
  readonly insecure?: boolean;
  /** Receives the lines that commands print for people at this machine. Default: they are discarded. */
  readonly print?: (line: string) => void;
  readonly onEvent?: (event: ClientEvent) => void;
  /** Whether `onEvent` is called for commands, that is with `began` and `ended`. Default: true. */
  readonly jobEvents?: boolean;
  /**
   * Called before each data command runs; the event `ended` reports its outcome. The job gets the returned
   * `traceparent`, or that of the command if none is returned.
   */
  readonly trace?: (starting: Starting) => string | undefined;
}

export interface Client extends AsyncDisposable {
  readonly name: string;
  readonly bootId: string;
  readonly state: ClientState | 'terminated';
  /** Resolves when the client has ended, by `close` or by `terminate` from the server. Never rejects. */
  readonly closed: Promise<void>;
  /**
   * Replaces its labels, also for the server it is connected to.
   * @throws SignalboxError `bad_usage` if they are not valid.
   */
  setLabels(labels: Readonly<Record<string, string>>): void;
  /** Cancels the running jobs, reports their outcomes and disconnects. May be called twice. */
  close(reason?: string): Promise<void>;
}
