import type { SeenState } from '../jobs/events.ts';

/** A client as the server sees it. */
export interface ClientView {
  readonly name: string;
  readonly state: SeenState;
  /**
   * It ought to be there: it has credentials of its own, or without keys its owner has chosen its name; and it has not
   * said goodbye since. It is part of `all` while it is away, too.
   */
  readonly expected: boolean;
  /** Undefined, as what follows, if it has not been here yet. */
  readonly bootId: string | undefined;
  /** Name of its credential, if the server has keys. */
  readonly credential: string | undefined;
  readonly version: string | undefined;
  readonly host: string | undefined;
  readonly pid: number | undefined;
  readonly commands: readonly string[];
  /** Its owner chose its name, or it has credentials. */
  readonly named: boolean;
  /** What its owner says of it. Those that the keys vouch for go before what it says of itself. */
  readonly labels: Readonly<Record<string, string>>;
  /** The labels that the keys of the server vouch for. */
  readonly vouched: Readonly<Record<string, string>>;
  /** What it knows of its machine, such as `os`, `arch` and `node`. */
  readonly facts: Readonly<Record<string, string>>;
  /** What contains the processes of its jobs; undefined if it runs none. */
  readonly containment: string | undefined;
  readonly runningJobs: number;
  /** Number of jobs that it held for other stores when its session began: only a server that adopts takes them. */
  readonly elsewhere: number;
  /** Ms since its last message; since its last session where an earlier server had that. Undefined: never. */
  readonly silentMs: number | undefined;
  /** Round trip of the last heartbeat, in ms. Undefined before the first. */
  readonly roundTripMs: number | undefined;
  /** Maximum delay of its event loop since the previous heartbeat, in ms. */
  readonly lagMs: number | undefined;
}
