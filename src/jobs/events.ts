import type { ClientState, ErrorCode, Offsets, Outcome, Stream, WireError } from '../../schemas/index.ts';
import type { EmittedRecord } from './received-records.ts';
import type { Settlement } from './settlement.ts';

/** What the job table makes known of a job. */
export type JobNews =
  | { readonly type: 'accepted' }
  | { readonly type: 'unreachable'; readonly reason: string }
  | { readonly type: 'reachable' }
  | { readonly type: 'settled'; readonly settlement: Settlement }
  /** A result that came after the job had been settled as lost: it changes nothing. */
  | { readonly type: 'late'; readonly settlement: Settlement }
  | {
      readonly type: 'output';
      readonly stream: Stream;
      readonly offset: number;
      readonly data: Uint8Array;
      readonly lostBytes: number;
      readonly takenBytes: number;
    }
  | { readonly type: 'records'; readonly records: readonly EmittedRecord[]; readonly lost: number }
  | { readonly type: 'progress'; readonly fraction: number; readonly note?: string | undefined };

/** The job that an event is about. */
export interface JobRef {
  readonly id: string;
  readonly client: string;
  readonly command: string;
  /** There and true where it was begun for another server. */
  readonly adopted?: true;
}

/** What a client is seen to be. `offline`: known, and not connected. */
export type SeenState = ClientState | 'unresponsive' | 'offline';

/** What every event has. */
interface Stamp {
  /** When it happened, in ms since the epoch. */
  readonly atMs: number;
  /** Who caused it, where somebody did. */
  readonly actor?: string;
}

/** An event that must not be missed is numbered; the numbers of one server rise by one, from 1. */
interface Numbered extends Stamp {
  readonly seq: number;
}

/** How a job ended, as events tell it. */
interface Settled extends JobRef {
  readonly outcome: Outcome;
  readonly result?: unknown;
  readonly error?: WireError;
  readonly durationMs?: number;
  /** Bytes of its output that never came, by stream. */
  readonly lostOutput?: Offsets;
  /** Why they did not come, if the client knows. */
  readonly outputError?: string;
  /** The result in a few words for people, made by the contract's `describe`; without one, the result as JSON. Absent where there is no result. */
  readonly text?: string;
}

/** What happens to jobs. Those without a number repeat or replace one another: the newest progress counts, output and records have offsets. */
export type JobEvent =
  | (Numbered &
      JobRef & {
        readonly type: 'job.submitted';
        /** As the contract's `auditArgs` leaves them. */
        readonly args: Readonly<Record<string, unknown>>;
        readonly traceparent?: string;
      })
  | (Numbered & JobRef & { readonly type: 'job.accepted' })
  /** Of a standing job: its client stays away, and it may go on there. */
  | (Numbered & JobRef & { readonly type: 'job.unreachable'; readonly reason: string })
  /** Its client is back, and still has it or is sent it again. */
  | (Numbered & JobRef & { readonly type: 'job.reachable' })
  | (Stamp & JobRef & { readonly type: 'job.progress'; readonly fraction: number; readonly note?: string })
  | (Stamp &
      JobRef & {
        readonly type: 'job.output';
        readonly stream: Stream;
        readonly offset: number;
        readonly data: Uint8Array;
        /** Bytes before these that are gone. With empty `data`: at the end of the stream. */
        readonly lostBytes?: number;
        /** Bytes before these that an earlier server has written out. */
        readonly takenBytes?: number;
      })
  | (Stamp &
      JobRef & {
        readonly type: 'job.records';
        readonly records: readonly EmittedRecord[];
        /** How many are missing before the last of them: gone, or not as the contract has them. */
        readonly lost?: number;
      })
  | (Numbered & Settled & { readonly type: 'job.settled'; readonly roundTripMs?: number; readonly lagMs?: number })
  /** An outcome that came after its job had been settled as `lost`: it changes nothing. */
  | (Numbered & Settled & { readonly type: 'job.late' });

/** What happens to clients, and who was let in or not. */
export type FleetEvent =
  | (Numbered & {
      readonly type: 'client.state';
      readonly client: string;
      readonly state: SeenState;
      readonly reason?: string;
    })
  /** Its session has begun. */
  | (Numbered & {
      readonly type: 'client.joined';
      readonly client: string;
      readonly credential?: string;
      readonly bootId: string;
      readonly host: string;
      readonly pid: number;
    })
  | (Numbered & { readonly type: 'client.left'; readonly client: string; readonly reason: string })
  /** A connection with keys: `credential` is whose key it showed, where that is known. */
  | (Numbered & {
      readonly type: 'client.handshake';
      readonly address: string;
      readonly credential?: string;
      readonly allowed: boolean;
    })
  /**
   * A client was turned away; before it gave its name only its address is known. An observer hears of each; to a reader repeats are
   * told every 10 s, with `times`, and sources beyond the first 100 together, without `client` and `address`.
   */
  | (Numbered & {
      readonly type: 'client.refused';
      readonly client?: string;
      readonly address?: string;
      readonly error: WireError;
      readonly times?: number;
    })
  /**
   * A connection was given up for what came on it: no message of the protocol (`bad_message`, `unsupported_protocol`), about
   * jobs of others (`not_allowed`), too much (`busy`). `client`: whose session it had, if it had one.
   */
  | (Numbered & {
      readonly type: 'client.violation';
      readonly client?: string;
      readonly code: ErrorCode;
      readonly reason: string;
    })
  /** The allow-list cannot be read, and the previous one stays in force. Without `error`: it can be read again. */
  | (Numbered & { readonly type: 'allow-list'; readonly error?: WireError });

/** All that a server has to tell, in the one vocabulary from which JSON, audit, log, metrics and traces are made. */
export type Event = JobEvent | FleetEvent;

/** When an event happened, and its number where it has one. */
export type EventStamp = Pick<Event, 'atMs'> & { readonly seq?: number };

/** An event before it is stamped. */
export type Unstamped = Event extends infer One ? (One extends Event ? Omit<One, 'atMs' | 'seq'> : never) : never;
