import type { ClientState, ErrorCode, Outcome, SignalboxError } from '../../schemas/index.ts';
import type { Plugin, PluginUse } from '../plugin/define-plugin.ts';
import type { Fault } from '../plugin/fault.ts';
import type { Implementation } from '../plugin/implement.ts';
import type { Starting } from './jobs.ts';

/** An event that a client reports to its host program. */
export type ClientEvent =
  | { type: 'connected'; server: string }
  /** The session ended or could not be opened. The client retries by itself. */
  | { type: 'disconnected'; error: SignalboxError }
  /** The state of the client has changed. */
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
  /** Number of outcomes for other stores that were forgotten since the last such event. */
  | { type: 'forgotten'; outcomes: number };

/** Options of `createClient`. */
export interface ClientOptions {
  /** The endpoint of the server: `tcp://127.0.0.1:5555` or `ipc:///path`. */
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
   * Labels: how the owner describes the client, such as `{ env: 'prod' }`. At most 64. Names have the form of client
   * names, values that of `[A-Za-z0-9][A-Za-z0-9._:/-]*`, at most 63 characters. Default: none.
   */
  readonly labels?: Readonly<Record<string, string>>;
  /** Whether the owner chose the name. Default: true. */
  readonly named?: boolean;
  /**
   * The folder where commands keep state that survives the process. One client at a time can use it. Default:
   * `$XDG_STATE_HOME/signalbox/client/NAME`; without that variable, `~/.local/state/signalbox/client/NAME`.
   */
  readonly stateFolder?: string;
  /**
   * An alternative to `stateFolder` for a client that will not be started again: it creates a folder for itself in this
   * one and removes it when it ends. Folders of clients that were killed are passed to `recover` as `left`.
   */
  readonly temporaryStateIn?: string;
  /**
   * How long an outcome is kept for a durable store other than that of the connected server, in ms. Default: 7 days
   * (604,800,000).
   */
  readonly forgetAfterMs?: number;
  /** Begin in `ready` instead of `unready`. Default: false. */
  readonly ready?: boolean;
  /** Allow an endpoint that other machines can reach, without keys. Default: false. */
  readonly insecure?: boolean;
  /** Receives the lines that commands print for people at this machine. Default: they are discarded. */
  readonly print?: (line: string) => void;
  /** Receives the events of the client. Default: they are discarded. */
  readonly onEvent?: (event: ClientEvent) => void;
  /** Whether `onEvent` receives the events of commands, `began` and `ended`. Default: true. */
  readonly jobEvents?: boolean;
  /**
   * Called before each data command runs; the event `ended` reports its outcome. The job gets the `traceparent` that it
   * returns, otherwise that of the command. Default: no tracing.
   */
  readonly trace?: (starting: Starting) => string | undefined;
}

/** A client that connects, and reconnects until it is closed. Disposing it closes it. */
export interface Client extends AsyncDisposable {
  /** The name of the client. */
  readonly name: string;
  /** New for each client that is created. */
  readonly bootId: string;
  /** The current state. */
  readonly state: ClientState | 'terminated';
  /** Resolves when the client has ended, by `close` or by `terminate` from the server. Never rejects. */
  readonly closed: Promise<void>;
  /**
   * Replaces the labels, also at the connected server.
   * @throws SignalboxError `bad_usage` if they are not valid.
   */
  setLabels(labels: Readonly<Record<string, string>>): void;
  /** Cancels the running jobs, reports their outcomes and disconnects. May be called twice. */
  close(reason?: string): Promise<void>;
}
