import type {
  ArgsOf,
  CommandContract,
  JobSignal,
  Offsets,
  Outcome,
  ResultOf,
  SignalboxError,
  WireError,
} from '../../schemas/index.ts';
import type { BatchState } from '../jobs/batch.ts';
import type { Event, JobRef, Unstamped } from '../jobs/events.ts';
import type { EmittedRecord } from '../jobs/received-records.ts';
import type { SecretUse } from '../jobs/secret-use.ts';
import type { OutputRun } from '../kept-output.ts';
import type { Collection } from '../store/collection.ts';
import type { StoredJobFilter } from '../store/stored-job.ts';
import type { ClientView } from './client-view.ts';
import type { JobGroup } from './job-group.ts';
import type { CancelOptions, SendOptions } from './send-options.ts';

/** A job as the server sees it. */
export interface JobView extends JobRef {
  /** `control`: a command that changes the state of its client. `data`: work. */
  readonly kind: 'control' | 'data';
  /** The arguments that an audit log may contain: see `auditArgs` of the contract. */
  readonly args: Readonly<Record<string, unknown>>;
  /** Who submitted it. Undefined if it was submitted to a server with another store. */
  readonly actor: string | undefined;
  /** In ms since the epoch. For an adopted job: when this server or its store first learned of it. */
  readonly submittedAtMs: number;
  /** In ms since the epoch. */
  readonly settledAtMs: number | undefined;
  readonly state: 'waiting' | 'sent' | 'accepted' | 'unreachable' | 'settled';
  /** True if it waits for its turn in a batch. Absent otherwise. */
  readonly held?: true;
  /**
   * True if it runs until somebody ends it. Absent otherwise. If its client is away it becomes `unreachable`, never
   * `lost`.
   */
  readonly standing?: true;
  /** How it ended. Undefined until it is settled. */
  readonly outcome: Outcome | undefined;
  /** Why the job did not complete. */
  readonly error?: WireError;
  /** The outcome that arrived after the job was settled as `lost`. */
  readonly late?: LateOutcome;
  /** The newest progress, from 0 to 1. Undefined if none was reported. */
  readonly progress: { readonly fraction: number; readonly note?: string | undefined } | undefined;
  /** Ms since it was accepted; once settled, its run time. Undefined if unknown. */
  readonly durationMs: number | undefined;
  /**
   * True while the program is blocked because the client keeps 64 MiB of output that no server has received. Absent
   * otherwise.
   */
  readonly outputFull?: true;
  /** Number of bytes of output that were lost, by stream. */
  readonly lostOutput?: Offsets;
  /** Number of records that were lost or did not match the contract. */
  readonly lostRecords?: number;
}

/** An outcome that arrived after its job was settled as `lost`. */
export interface LateOutcome {
  readonly outcome: Outcome;
  readonly error?: WireError;
  readonly durationMs?: number;
}

/** A result, as a value and as text. */
interface Result {
  readonly result?: unknown;
  /** From `describe` of the contract, otherwise JSON. Absent if there is no result. */
  readonly text?: string;
}

/** Everything that a server knows about a job, except its output and records. */
export interface JobDetails extends JobView, Result {
  /** The outcome that arrived after the job was settled as `lost`, with its result. */
  readonly late?: LateOutcome & Result;
  /** Boot id of the client process that it was sent to, or that listed it. Absent if it was not sent. */
  readonly bootId?: string;
  /** Idempotency key of its actor. */
  readonly key?: string;
  /** The state of its batch. Absent if it was submitted without `batch`. */
  readonly batch?: BatchState;
  /** Time at which it expires unless it has started, in ms since the epoch. */
  readonly expiresAtMs?: number;
  /** Maximum run time, in ms. */
  readonly timeoutMs?: number;
  /** The parent span: `traceparent` of W3C Trace Context. */
  readonly traceparent?: string;
  /** Names of the arguments that `args` omits or changes. Absent if there are none. */
  readonly redacted?: readonly string[];
  /** True if somebody has asked for its end. Absent otherwise. */
  readonly cancelRequested?: true;
  /** True if a later process of its client recovered it. */
  readonly takenUp?: true;
  /** Why output was lost, if the client knows. */
  readonly outputError?: string;
}

/** Number of unsettled jobs of a command in one state. */
export interface UnsettledCount {
  readonly command: string;
  readonly state: Exclude<JobView['state'], 'settled'>;
  readonly count: number;
}

/** Identifies a job by its submission and its client, or its place, even one that has a client. */
export interface JobKey {
  /** Id of the submission. */
  readonly id: string;
  /** Name of the client. Null for a place without a client. */
  readonly client: string | null;
  /** Number of the place. Absent if the client was known at submission. */
  readonly place?: number | undefined;
}

/** Selects jobs. Default: all. */
export interface ListFilter {
  /** `running`: only running data commands. */
  readonly state?: 'running';
}

/** Selects jobs of the history. Default: all. */
export type HistoryFilter = StoredJobFilter;

/** A page of the history. */
export interface HistoryPage {
  /** Jobs, newest first. */
  readonly jobs: readonly JobView[];
  /** `from` of the next page. Undefined on the last page. */
  readonly next: string | undefined;
}

/** Options of `submit`. */
export interface SubmitOptions extends SendOptions {
  /**
   * Idempotency key, per actor, 1 to 255 bytes. While the jobs of the group are known, the same key returns the same
   * group; with another command, target or arguments it is refused with `bad_usage`. Default: none.
   */
  readonly key?: string;
  /**
   * `key` was created for this call and has not been sent before, so the store is not searched for it. Default: false.
   */
  readonly keyIsNew?: boolean;
  /**
   * Where the arguments contain `${secret.NAME}` in place of a secret. The value is inserted each time the command is
   * sent, and is neither stored nor shown. Secrets are only permitted in arguments that `auditArgs` of the contract
   * omits, and only in the process of the server. Default: none; `${secret.NAME}` is then ordinary text.
   */
  readonly secrets?: readonly SecretUse[];
  /** If it aborts before the command is submitted, nothing is sent and `submit` rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** Options of `watch`. */
export interface WatchOptions {
  /** Ends reading, without an error. */
  readonly signal?: AbortSignal;
  /**
   * `seq` of the first event. Numbered events come from the log until the reader is up to date. With a durable store
   * the log spans restarts of the server; otherwise it has the newest events since the first call of `watch`. If the
   * log lacks some of them, `next` rejects with `gone`. Default: only new events.
   */
  readonly from?: number;
}

/** Reads every event from the call of `watch` on. */
export interface EventReader<E extends Event = Event> extends AsyncIterableIterator<E, void, void>, AsyncDisposable {
  /** `seq` of the first numbered event that it returns, unless events before it were omitted. */
  readonly first?: number | undefined;
  /**
   * Keeps the newest event untaken, even when the next one is requested, until the returned function is called. If that
   * never happens, the client keeps what the event is about for the next server.
   */
  hold(): () => void;
}

/**
 * The operations of a server, the same in its process and over the network. Every call passes the interceptors with its
 * actor. All errors are `SignalboxError`s. After the server has ended, methods that send or wait reject with `closed`;
 * methods that read return the last known state.
 */
export interface JobService {
  /** New at each start of the server. It is the prefix of the ids of this server's jobs. */
  readonly bootId: string;
  /** The endpoint that clients connect to. */
  readonly endpoint: string;
  /** The commands that can be sent, including control commands, by name. */
  readonly commands: ReadonlyMap<string, CommandContract>;
  /** The groups of the server: targets by name. */
  readonly groups: ReadonlyMap<string, string>;
  /**
   * Sends a command to each client of a target, in the form that follows the `@` at a prompt (`web-*+env=prod,!w7`), or
   * of several targets. If a client is offline, the server waits for it for `expiresInMs`, by default for 5 s; then the
   * job is `expired` or, without `expiresInMs`, `rejected` with `offline`. Submissions of one actor are performed in
   * the order of the calls, regardless of how long interceptors take.
   * @throws SignalboxError `bad_arguments`, `no_such_target`, `unknown_command`, `message_too_large`, `bad_usage`; then
   * nothing is sent.
   */
  submit<C extends CommandContract>(
    target: string | readonly string[],
    command: C,
    args: ArgsOf<C>,
    options?: SubmitOptions,
  ): Promise<JobGroup<ResultOf<C>>>;
  /**
   * Asks the clients to end these jobs; for a `lost` job, now or when its client returns with it. Jobs that were not
   * sent yet are cancelled first, so that none of them takes the place of a job that ends.
   * @throws SignalboxError `no_such_job`; then none is cancelled.
   */
  cancel(jobs: readonly JobKey[], options?: CancelOptions): Promise<void>;
  /**
   * Sends a signal to jobs that were sent to their clients. The command decides on its effect; `run` passes it to its
   * processes once they have started.
   * @throws SignalboxError `no_such_job`; `bad_arguments` for an unknown signal; `bad_usage` if the contract does not
   * set `takesSignals`: then nothing is sent. `offline` for jobs that are waiting, have ended, or whose client is
   * offline.
   */
  signal(jobs: readonly JobKey[], signal: JobSignal): Promise<void>;
  /** Everything that is known about a job, except its output and records. @throws SignalboxError `no_such_job` */
  get(job: JobKey): Promise<JobDetails>;
  /**
   * Known jobs, oldest first. Old settled jobs are forgotten. `running`: only running data commands, which costs less.
   */
  list(filter?: ListFilter): Promise<JobView[]>;
  /**
   * Jobs from the newest to the oldest, in pages. With a durable store: all of its jobs, otherwise the known ones.
   * @param page.limit maximum number of jobs, 1 to 1,000. Default: 100.
   * @param page.from `next` of the previous page, with the same filter. Default: the first page.
   * @throws SignalboxError `bad_usage`
   */
  history(filter?: HistoryFilter, page?: { readonly limit?: number; readonly from?: string }): Promise<HistoryPage>;
  /** The retained output of a job, in order of arrival. @throws SignalboxError `no_such_job` */
  output(job: JobKey): Promise<readonly OutputRun[]>;
  /** The newest records of a job, in order, at most 1 MiB. @throws SignalboxError `no_such_job` */
  records(job: JobKey): Promise<readonly EmittedRecord[]>;
  /** The known clients, by name. */
  clients(): Promise<ClientView[]>;
  /**
   * Forgets a client that will not return. It is no longer expected, and its jobs become `lost` or `rejected`.
   * @throws SignalboxError `no_such_target`; `bad_usage` for a client that is connected or has its own credentials.
   */
  forget(client: string): Promise<void>;
  /** Names of the clients that a target resolves to. @throws SignalboxError `no_such_target`, `bad_usage` */
  resolve(target: string | readonly string[]): Promise<string[]>;
  /** Resolves when `count` clients are connected and have listed their jobs. Rejects if the signal aborts first. */
  waitForClients(count: number, options?: { signal?: AbortSignal }): Promise<void>;
  /**
   * Reads every event from now on, or from an earlier one on. The next event is returned when the previous one was
   * taken; leaving the loop takes it, too. A client keeps its outcomes and output until every reader has taken them.
   */
  watch(options?: WatchOptions): EventReader;
  /**
   * Calls a method of a plug-in: `PLUGIN/NAME`. Request and response are JSON and bytes.
   * @throws SignalboxError `unknown_command`, `bad_arguments`, `command_failed`; the error of the method.
   */
  call(method: string, request: unknown, options?: { readonly signal?: AbortSignal }): Promise<unknown>;
  /** The same service for another actor. Interceptors and events get its name. */
  as(actor: string): JobService;
}

/** A server in this process. */
export interface Server extends JobService, AsyncDisposable {
  /** Number of unsettled jobs by command and state, without zeros. Costs less than `list`. */
  unsettled(): UnsettledCount[];
  /**
   * Resolves when the server has closed: with `store_in_use` if it ended by itself because another server holds its
   * store, otherwise with undefined.
   */
  readonly closed: Promise<SignalboxError | undefined>;
  /**
   * Values by key, in the collection of this name in the store of the server. Without a store they are kept in memory.
   */
  collection<Value>(name: string): Collection<Value>;
  /**
   * Emits an event of workflows, operators, notifications or a plug-in. It is numbered, logged and delivered like any
   * other.
   */
  emit(
    event: Extract<
      Unstamped,
      {
        readonly type:
          | `workflow.${string}`
          | `schedule.${string}`
          | `operator.${string}`
          | `notify.${string}`
          | 'plugin';
      }
    >,
  ): void;
  /** Ends every session. Jobs continue on their clients, and the next server adopts them. Can be called twice. */
  close(): Promise<void>;
}
