import type { SeenState } from '../jobs/events.ts';

/** A client as the server sees it. */
export interface ClientView {
  readonly name: string;
  /** The state of a connected client, `unresponsive` after 3 s without a message, or `offline`. */
  readonly state: SeenState;
  /**
   * Whether it should be connected: it has its own credentials, or without keys its owner has chosen its name, and it
   * has not said goodbye since. It is part of `all` even while it is away.
   */
  readonly expected: boolean;
  /** Undefined, like the following fields, if the client has not connected yet. */
  readonly bootId: string | undefined;
  /** Name of its credentials, if the server has keys. */
  readonly credential: string | undefined;
  /** Version of Signalbox. */
  readonly version: string | undefined;
  readonly host: string | undefined;
  readonly pid: number | undefined;
  /** Names of the data commands that it runs. */
  readonly commands: readonly string[];
  /** Whether its owner chose its name, or it has credentials. */
  readonly named: boolean;
  /** Labels. Those that the keys vouch for override those that the client reports. */
  readonly labels: Readonly<Record<string, string>>;
  /** The labels that the keys of the server vouch for. */
  readonly vouched: Readonly<Record<string, string>>;
  /** Facts that the client detects about its machine, such as `os`, `arch` and `node`. */
  readonly facts: Readonly<Record<string, string>>;
  /** The mechanism that contains the processes of its jobs. Undefined if it starts none. */
  readonly containment: string | undefined;
  /** Number of running data commands. */
  readonly runningJobs: number;
  /**
   * Number of jobs that it held for other stores at the beginning of its session. Only a server that adopts accepts
   * them.
   */
  readonly elsewhere: number;
  /** Ms since its last message, or since its last session with an earlier server. Undefined: it has never connected. */
  readonly silentMs: number | undefined;
  /** Round trip of the last heartbeat, in ms. Undefined before the first one. */
  readonly roundTripMs: number | undefined;
  /** Maximum delay of its event loop since the previous heartbeat, in ms. */
  readonly lagMs: number | undefined;
}
