import type { ClientState, ErrorCode, Outcome, Stream, WireError } from '../../schemas/index.ts';
import type { EmittedRecord } from './received-records.ts';
import type { Settlement } from './settlement.ts';

/** A change that the job table reports. */
export type JobNews =
  /** A place has got its client. */
  | { readonly type: 'placed' }
  | { readonly type: 'accepted' }
  | { readonly type: 'unreachable'; readonly reason: string }
  | { readonly type: 'reachable' }
  | { readonly type: 'settled'; readonly settlement: Settlement }
  /** A result that arrived after the job was settled as `lost`. It changes nothing. */
  | { readonly type: 'late'; readonly settlement: Settlement }
  | {
      readonly type: 'output';
      readonly stream: Stream;
      readonly offset: number;
      readonly data: Uint8Array;
      readonly lostBytes: number;
      readonly takenBytes: number;
    }
  | {
      readonly type: 'records';
      readonly records: readonly EmittedRecord[];
      readonly lost: number;
      /** Offset behind the last one. */
      readonly end: number;
    }
  | { readonly type: 'progress'; readonly fraction: number; readonly note?: string | undefined };

/** News that the log of events has. */
export type LoggedNews = Exclude<JobNews, { readonly type: 'output' | 'records' | 'progress' }>;

export const isLogged = (news: JobNews): news is LoggedNews =>
  news.type !== 'output' && news.type !== 'records' && news.type !== 'progress';

/** The job that an event is about. */
export interface JobRef {
  readonly id: string;
  /** The number that people type: of its submission, in the store of the server. */
  readonly number: number;
  /** Null while it is a place of `pick` that waits for a client. */
  readonly client: string | null;
  /** Number of the place that it began as; absent if its client was known when it was submitted. */
  readonly place?: number;
  readonly command: string;
  /** True if it was started for another server; else absent. */
  readonly adopted?: true;
  /** Labels that the keys vouched for when its client got the job; absent if there were none. */
  readonly vouched?: Readonly<Record<string, string>>;
}

/** State of a client as the server sees it. `offline`: known, not connected. */
export type SeenState = ClientState | 'unresponsive' | 'offline';

/** Fields of every event. */
interface Stamp {
  /** Time of the event, in ms since the epoch. */
  readonly atMs: number;
  /** Who caused it, if anybody did. */
  readonly actor?: string;
}

/**
 * Events that must not be missed are numbered: the numbers of a store rise by one, from 1. Without a number: what a
 * stranger can cause without bounds (handshakes that were not allowed, violations without a session, repeats of refusals
 * that observers get), and what is told while the store fails; that gets its number in the log when the store works again.
 */
interface Numbered extends Stamp {
  readonly seq?: number;
}

/** How a job ended. */
interface Settled extends JobRef, Settlement {
  /**
   * The result as text for people, made by the contract's `describe`, or else JSON. Absent if there is no result.
   */
  readonly text?: string;
}

/**
 * Events of jobs. Those without a number replace or continue earlier ones: the newest progress counts, output and
 * records have offsets.
 */
export type JobEvent =
  | (Numbered &
      JobRef & {
        readonly type: 'job.submitted';
        /** As returned by the contract's `auditArgs`. */
        readonly args: Readonly<Record<string, unknown>>;
        readonly traceparent?: string;
        /** Idempotency key of its actor; of a task of a workflow `workflow/RUN/TASK/ATTEMPT`. */
        readonly key?: string;
      })
  /** A place of `pick` has got its client: the first event that has its name. */
  | (Numbered & JobRef & { readonly type: 'job.placed' })
  | (Numbered & JobRef & { readonly type: 'job.accepted' })
  /** A standing or recoverable job whose client stays away. It may still be running there. */
  | (Numbered & JobRef & { readonly type: 'job.unreachable'; readonly reason: string })
  /** The client is back: it still has the job, or gets it again. */
  | (Numbered & JobRef & { readonly type: 'job.reachable' })
  | (Stamp & JobRef & { readonly type: 'job.progress'; readonly fraction: number; readonly note?: string })
  | (Stamp &
      JobRef & {
        readonly type: 'job.output';
        readonly stream: Stream;
        readonly offset: number;
        readonly data: Uint8Array;
        /** Bytes lost before `data`. If `data` is empty, they are lost at the end of the stream. */
        readonly lostBytes?: number;
        /** Bytes before `data` that an earlier server has taken. */
        readonly takenBytes?: number;
      })
  | (Stamp &
      JobRef & {
        readonly type: 'job.records';
        readonly records: readonly EmittedRecord[];
        /** Number of records before the last one that were lost or do not match the contract. */
        readonly lost?: number;
      })
  | (Numbered & Settled & { readonly type: 'job.settled'; readonly roundTripMs?: number; readonly lagMs?: number })
  /** An outcome that arrived after its job was settled as `lost`. It changes nothing. */
  | (Numbered & Settled & { readonly type: 'job.late' });

/** The client that an event is about. */
interface ClientRef {
  readonly client: string;
  /** Labels that the keys vouched for then; absent if there were none. */
  readonly vouched?: Readonly<Record<string, string>>;
}

/** Events of one client, which whoever may see that client sees. */
export type ClientEvent =
  | (Numbered &
      ClientRef & {
        readonly type: 'client.state';
        readonly state: SeenState;
        readonly reason?: string;
        /** At the beginning of a session: number of jobs that it holds for other stores, if there are any. */
        readonly elsewhere?: number;
      })
  /** Its session has begun. */
  | (Numbered &
      ClientRef & {
        readonly type: 'client.joined';
        readonly credential?: string;
        readonly bootId: string;
        readonly host: string;
        readonly pid: number;
      })
  | (Numbered & ClientRef & { readonly type: 'client.left'; readonly reason: string })
  /** It ought to be there from now on, and has not been: credentials were added. */
  | (Numbered & ClientRef & { readonly type: 'client.expected' })
  /** It is not known any more: somebody has said so, or the credentials of one that never came were revoked. */
  | (Numbered & ClientRef & { readonly type: 'client.forgotten' });

/** Events of clients and of admission. */
type FleetEvent =
  | ClientEvent
  /** A handshake with keys. `credential`: the owner of the key, if it is on the list. */
  | (Numbered & {
      readonly type: 'client.handshake';
      readonly address: string;
      readonly credential?: string;
      readonly allowed: boolean;
    })
  /**
   * A client was refused. Before its hello only its address is known. Observers receive each refusal. Readers receive
   * repeats every 10 s with `times`; sources beyond the first 100 are combined, without `client` and `address`.
   */
  | (Numbered & {
      readonly type: 'client.refused';
      readonly client?: string;
      readonly address?: string;
      readonly error: WireError;
      readonly times?: number;
    })
  /**
   * A connection was dropped for a violation: `bad_message` or `unsupported_protocol`, `not_allowed` (jobs of other
   * clients) or `busy` (limits). `client`: the owner of its session, if any.
   */
  | (Numbered & {
      readonly type: 'client.violation';
      readonly client?: string;
      readonly code: ErrorCode;
      readonly reason: string;
    })
  /** The allow-list cannot be read; the previous one stays in force. Without `error`: it can be read again. */
  | (Numbered & { readonly type: 'allow-list'; readonly error?: WireError })
  /**
   * A durable store fails at storing jobs (`commit`), so that new commands are refused, at looking up those that a client
   * lists (`find`), so that this client gets nothing new, or at deleting old ones (`prune`).
   * Without `error`: it works again. Observers also get `store_in_use`, after which the server ends.
   */
  | (Numbered & {
      readonly type: 'store';
      readonly operation: 'commit' | 'find' | 'prune';
      readonly error?: WireError;
    });

/** A run of a workflow. */
interface RunRef {
  readonly run: number;
  readonly workflow: string;
}

/** Events of runs of workflows. */
type WorkflowEvent =
  /** It begins, or is retried: only `task`, if that is given, and what follows from it. */
  | (Numbered & RunRef & { readonly type: 'workflow.started'; readonly task?: string })
  | (Numbered &
      RunRef & {
        readonly type: 'workflow.task';
        /** With its values where it has `for`. */
        readonly task: string;
        readonly state: 'running' | 'delayed' | 'skipped' | Outcome;
        /** Of its jobs. */
        readonly number?: number;
        readonly error?: string;
      })
  /** A task waits for the answer of somebody. */
  | (Numbered & RunRef & { readonly type: 'workflow.asked'; readonly task: string; readonly question: string })
  | (Numbered &
      RunRef & { readonly type: 'workflow.answered'; readonly task: string; readonly answer: 'approved' | 'refused' })
  | (Numbered & RunRef & { readonly type: 'workflow.ended'; readonly outcome: 'completed' | 'failed' | 'cancelled' });

/** A trigger of a workflow in the folder: `nightly/1`. */
interface ScheduleRef {
  readonly schedule: string;
  readonly workflow: string;
}

/** A time for which a run is planned, in ms since the epoch, or that of a change of a client. */
interface Planned extends ScheduleRef {
  readonly plannedMs: number;
  /** Whose change it was. */
  readonly client?: string;
}

/** Events of schedules. */
type ScheduleEvent =
  /** A server with it has started, or it was added or edited. */
  | (Numbered &
      ScheduleRef & {
        readonly type: 'schedule.loaded';
        /** As the file says it. */
        readonly when: string;
        /** The next five times. */
        readonly nextMs: readonly number[];
        readonly isChanged?: true;
      })
  | (Numbered & ScheduleRef & { readonly type: 'schedule.removed' })
  | (Numbered & ScheduleRef & { readonly type: 'schedule.paused' })
  | (Numbered & ScheduleRef & { readonly type: 'schedule.resumed' })
  | (Numbered & Planned & { readonly type: 'schedule.started'; readonly run: number; readonly isBackfill?: true })
  /** The run waits for the one before, which is cancelled if it is replaced. */
  | (Numbered & Planned & { readonly type: 'schedule.waiting'; readonly isReplacing?: true })
  | (Numbered &
      Planned & {
        readonly type: 'schedule.skipped';
        readonly reason: string;
        /** More times than are named, up to `lastMs`. */
        readonly count?: number;
        readonly lastMs?: number;
        /** There are more than `count`. */
        readonly isMore?: true;
        readonly isBackfill?: true;
      })
  /** Somebody has asked for runs of times that have passed. */
  | (Numbered &
      ScheduleRef & {
        readonly type: 'schedule.backfill';
        readonly fromMs: number;
        readonly toMs: number;
        readonly count: number;
      });

/** How an operator proves who it is. */
type SignsInWith = 'token' | 'certificate';

/** Events of operators. */
type OperatorEvent =
  | (Numbered & {
      readonly type: 'operator.added';
      readonly operator: string;
      readonly role: string;
      readonly signsInWith: SignsInWith;
      readonly expiresMs?: number;
    })
  | (Numbered & { readonly type: 'operator.removed'; readonly operator: string })
  /** It has another token, or another key. */
  | (Numbered & { readonly type: 'operator.rotated'; readonly operator: string; readonly signsInWith: SignsInWith })
  /** Its time is over. */
  | (Numbered & { readonly type: 'operator.expired'; readonly operator: string });

/** Events of notifications. `filter`: what the silence is about, by field. */
type NotifyEvent =
  /** Notifications about matching events are suppressed until `untilMs`. */
  | (Numbered & {
      readonly type: 'notify.silenced';
      readonly filter: Readonly<Record<string, unknown>>;
      readonly untilMs: number;
    })
  /** The silence was lifted before its end. */
  | (Numbered & { readonly type: 'notify.unsilenced'; readonly filter: Readonly<Record<string, unknown>> });

/** What a plug-in tells by `emit`. */
type PluginEvent = Numbered & {
  readonly type: 'plugin';
  /** `PLUGIN.NAME`, such as `check.down`: the type of its line in JSON. */
  readonly event: string;
  /** For people, in one line. */
  readonly text: string;
  readonly isWarning?: true;
  /** JSON. */
  readonly facts: Readonly<Record<string, unknown>>;
};

/** Everything that a server reports. JSON, audit, log, metrics and traces are made from these events. */
export type Event = JobEvent | FleetEvent | WorkflowEvent | ScheduleEvent | OperatorEvent | NotifyEvent | PluginEvent;

const clientTypes: ReadonlySet<Event['type']> = new Set<ClientEvent['type']>([
  'client.state',
  'client.joined',
  'client.left',
  'client.expected',
  'client.forgotten',
]);

export const isOfClient = <E extends { readonly type: Event['type'] }>(
  event: E,
): event is Extract<E, { readonly type: ClientEvent['type'] }> => clientTypes.has(event.type);

/** An event that has a number, once it is logged. */
export type NumberedEvent = Exclude<Event, { readonly type: 'job.progress' | 'job.output' | 'job.records' }>;

/** An event as the log has it. */
export type LoggedEvent = NumberedEvent & { readonly seq: number };

/** Time and number of an event. */
export type EventStamp = Pick<Event, 'atMs'> & { readonly seq?: number };

/** An event before it is stamped. */
export type Unstamped = Event extends infer One ? (One extends Event ? Omit<One, 'atMs' | 'seq'> : never) : never;
