import type { ClientState, ErrorCode, Outcome, Stream, WireError } from '../../schemas/index.ts';
import type { EmittedRecord } from './received-records.ts';
import type { Settlement } from './settlement.ts';

/** A change that the job table reports. */
export type JobNews =
  /** A place has a client now. */
  | { readonly type: 'placed' }
  | { readonly type: 'accepted' }
  | { readonly type: 'unreachable'; readonly reason: string }
  | { readonly type: 'reachable' }
  | { readonly type: 'settled'; readonly settlement: Settlement }
  /** A result that arrived after the job was settled as `lost`. It does not change the job. */
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
      /** Offset after the last one. */
      readonly end: number;
    }
  | { readonly type: 'progress'; readonly fraction: number; readonly note?: string | undefined };

/** News that are recorded in the log of events. */
export type LoggedNews = Exclude<JobNews, { readonly type: 'output' | 'records' | 'progress' }>;

export const isLogged = (news: JobNews): news is LoggedNews =>
  news.type !== 'output' && news.type !== 'records' && news.type !== 'progress';

/** The job that an event is about. */
export interface JobRef {
  /** Id of the submission. */
  readonly id: string;
  /** The number that people type: that of its submission in the store of the server. */
  readonly number: number;
  /** Null for a place of `pick` that waits for a client. */
  readonly client: string | null;
  /** Number of the place that it began as. Absent if its client was known at submission. */
  readonly place?: number;
  /** Name of the command. */
  readonly command: string;
  /** True if it was started for another server. Absent otherwise. */
  readonly adopted?: true;
  /** Labels that the keys vouched for when its client received the job. Absent if there were none. */
  readonly vouched?: Readonly<Record<string, string>>;
}

/** State of a client as the server sees it. `offline`: known but not connected. */
export type SeenState = ClientState | 'unresponsive' | 'offline';

/** Fields of every event. */
interface Stamp {
  /** Time of the event, in ms since the epoch. */
  readonly atMs: number;
  /** Who caused the event. Absent if nobody did. */
  readonly actor?: string;
}

/**
 * Events that must not be missed are numbered. Within a store the numbers increase by one, from 1. The following have
 * no number: events that strangers can cause without bounds (denied handshakes, violations without a session, repeated
 * refusals for observers), and events while the store is failing. The latter get their number in the log when the store
 * works again.
 */
interface Numbered extends Stamp {
  readonly seq?: number;
}

/** How a job ended. */
interface Settled extends JobRef, Settlement {
  /** The result as text: from `describe` of the contract, otherwise JSON. Absent if there is no result. */
  readonly text?: string;
}

/**
 * Events of jobs. Unnumbered ones replace or continue earlier ones: only the newest progress is relevant; output and
 * records have offsets.
 */
export type JobEvent =
  | (Numbered &
      JobRef & {
        readonly type: 'job.submitted';
        /** The arguments that an audit log may contain: see `auditArgs` of the contract. */
        readonly args: Readonly<Record<string, unknown>>;
        readonly traceparent?: string;
        /** Idempotency key of its actor; for a task of a workflow: `workflow/RUN/TASK/ATTEMPT`. */
        readonly key?: string;
      })
  /** A place of `pick` has a client now. This is the first event that names the client. */
  | (Numbered & JobRef & { readonly type: 'job.placed' })
  | (Numbered & JobRef & { readonly type: 'job.accepted' })
  /** The client of a standing or recoverable job is away. The job may still be running there. */
  | (Numbered & JobRef & { readonly type: 'job.unreachable'; readonly reason: string })
  /** The client is back. It still has the job, or receives it again. */
  | (Numbered & JobRef & { readonly type: 'job.reachable' })
  | (Stamp & JobRef & { readonly type: 'job.progress'; readonly fraction: number; readonly note?: string })
  | (Stamp &
      JobRef & {
        readonly type: 'job.output';
        readonly stream: Stream;
        readonly offset: number;
        readonly data: Uint8Array;
        /** Number of bytes lost before `data`. If `data` is empty, they are lost at the end of the stream. */
        readonly lostBytes?: number;
        /** Number of bytes before `data` that an earlier server received. */
        readonly takenBytes?: number;
      })
  | (Stamp &
      JobRef & {
        readonly type: 'job.records';
        readonly records: readonly EmittedRecord[];
        /** Number of records, before the last of these, that were lost or do not match the contract. */
        readonly lost?: number;
      })
  | (Numbered & Settled & { readonly type: 'job.settled'; readonly roundTripMs?: number; readonly lagMs?: number })
  /** An outcome that arrived after its job was settled as `lost`. It does not change the job. */
  | (Numbered & Settled & { readonly type: 'job.late' });

/** The client that an event is about. */
interface ClientRef {
  readonly client: string;
  /** Labels that the keys vouched for at that time. Absent if there were none. */
  readonly vouched?: Readonly<Record<string, string>>;
}

/** Events of one client. They are visible to those who may see that client. */
export type ClientEvent =
  | (Numbered &
      ClientRef & {
        readonly type: 'client.state';
        readonly state: SeenState;
        readonly reason?: string;
        /** At the beginning of a session: number of jobs that the client holds for other stores, if there are any. */
        readonly elsewhere?: number;
      })
  /** The session of a client has begun. */
  | (Numbered &
      ClientRef & {
        readonly type: 'client.joined';
        readonly credential?: string;
        readonly bootId: string;
        readonly host: string;
        readonly pid: number;
      })
  | (Numbered & ClientRef & { readonly type: 'client.left'; readonly reason: string })
  /** A client that has never connected is expected from now on, because credentials were added. */
  | (Numbered & ClientRef & { readonly type: 'client.expected' })
  /**
   * A client is no longer known: it was forgotten on request, or its credentials were revoked before it ever connected.
   */
  | (Numbered & ClientRef & { readonly type: 'client.forgotten' });

/** Events of clients and of admission. */
type FleetEvent =
  | ClientEvent
  /** A handshake with keys. `credential`: name of the credentials with that key, if it is on the allow-list. */
  | (Numbered & {
      readonly type: 'client.handshake';
      readonly address: string;
      readonly credential?: string;
      readonly allowed: boolean;
    })
  /**
   * A client was refused. Only its address is known before its hello. Observers receive each refusal. Readers receive
   * repeats every 10 s, with `times`; sources beyond the first 100 are combined, without `client` and `address`.
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
   * clients) or `busy` (limits). `client`: the client of its session, if there is one.
   */
  | (Numbered & {
      readonly type: 'client.violation';
      readonly client?: string;
      readonly code: ErrorCode;
      readonly reason: string;
    })
  /** The allow-list cannot be read, so the previous one stays in force. Without `error`: it can be read again. */
  | (Numbered & { readonly type: 'allow-list'; readonly error?: WireError })
  /**
   * A durable store failed to store jobs (`commit`), so new commands are refused; to look up jobs that a client listed
   * (`find`), so that client gets no new commands; or to delete old jobs (`prune`). Without `error`: it works again.
   * Observers also get `store_in_use`, after which the server ends.
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
  /** A run has begun, or is retried. If `task` is given, only that task and those that depend on it are retried. */
  | (Numbered & RunRef & { readonly type: 'workflow.started'; readonly task?: string })
  | (Numbered &
      RunRef & {
        readonly type: 'workflow.task';
        /** With its values if it has `for`. */
        readonly task: string;
        readonly state: 'running' | 'delayed' | 'skipped' | Outcome;
        /** Number of its submission. */
        readonly number?: number;
        readonly error?: string;
      })
  /** A task waits for approval. */
  | (Numbered & RunRef & { readonly type: 'workflow.asked'; readonly task: string; readonly question: string })
  | (Numbered &
      RunRef & { readonly type: 'workflow.answered'; readonly task: string; readonly answer: 'approved' | 'refused' })
  | (Numbered &
      RunRef & {
        readonly type: 'workflow.ended';
        readonly outcome: 'completed' | 'failed' | 'cancelled';
        /** If the run failed: the first 10 tasks that did not complete. */
        readonly failed?: readonly FailedTask[];
        /** How many more tasks did not complete. */
        readonly moreFailed?: number;
      });

/** A task that did not complete. */
export interface FailedTask {
  readonly task: string;
  readonly state: string;
  readonly error?: string;
}

/** A trigger of a workflow of the folder: `nightly/1`. */
interface ScheduleRef {
  readonly schedule: string;
  readonly workflow: string;
}

/** The planned time of a run, in ms since the epoch; for a trigger on a client, the time when that client changed. */
interface Planned extends ScheduleRef {
  readonly plannedMs: number;
  /** The client that changed. */
  readonly client?: string;
}

/** Events of schedules. */
type ScheduleEvent =
  /** The server has started with the schedule, or the schedule was added or edited. */
  | (Numbered &
      ScheduleRef & {
        readonly type: 'schedule.loaded';
        /** As written in the file. */
        readonly when: string;
        /** The next five planned times. */
        readonly nextMs: readonly number[];
        readonly isChanged?: true;
      })
  | (Numbered & ScheduleRef & { readonly type: 'schedule.removed' })
  | (Numbered & ScheduleRef & { readonly type: 'schedule.paused' })
  | (Numbered & ScheduleRef & { readonly type: 'schedule.resumed' })
  | (Numbered & Planned & { readonly type: 'schedule.started'; readonly run: number; readonly isBackfill?: true })
  /** The run waits for the previous one, which is cancelled if it is replaced. */
  | (Numbered & Planned & { readonly type: 'schedule.waiting'; readonly isReplacing?: true })
  | (Numbered &
      Planned & {
        readonly type: 'schedule.skipped';
        readonly reason: string;
        /** Number of skipped times, if this event covers several: from `plannedMs` to `lastMs`. */
        readonly count?: number;
        readonly lastMs?: number;
        /** There are more than `count`. */
        readonly isMore?: true;
        readonly isBackfill?: true;
      })
  /** Somebody requested runs for planned times in the past. */
  | (Numbered &
      ScheduleRef & {
        readonly type: 'schedule.backfill';
        readonly fromMs: number;
        readonly toMs: number;
        readonly count: number;
      });

/** How an operator authenticates. */
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
  /** An operator has a new token or key. */
  | (Numbered & { readonly type: 'operator.rotated'; readonly operator: string; readonly signsInWith: SignsInWith })
  /** The access of an operator has expired. */
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

/** An event that a plug-in emits. */
type PluginEvent = Numbered & {
  readonly type: 'plugin';
  /** `PLUGIN.NAME`, such as `check.down`. It is the type of the line in JSON output. */
  readonly event: string;
  /** One line for people. */
  readonly text: string;
  readonly isWarning?: true;
  /** JSON. */
  readonly facts: Readonly<Record<string, unknown>>;
};

/** Everything that a server reports. JSON output, audit, log, metrics and traces are made from these events. */
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

/** An event that gets a number when it is logged. */
export type NumberedEvent = Exclude<Event, { readonly type: 'job.progress' | 'job.output' | 'job.records' }>;

/** An event in the log. */
export type LoggedEvent = NumberedEvent & { readonly seq: number };

/** Time and number of an event. */
export type EventStamp = Pick<Event, 'atMs'> & { readonly seq?: number };

/** An event before it is stamped. */
export type Unstamped = Event extends infer One ? (One extends Event ? Omit<One, 'atMs' | 'seq'> : never) : never;
