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
  readonly kind: 'control' | 'data';
  /** As returned by the contract's `auditArgs`. */
  readonly args: Readonly<Record<string, unknown>>;
  /** Who submitted it; undefined if it was submitted to a server with another store. */
  readonly actor: string | undefined;
  /** In ms since the epoch. Of an adopted job: when this server, or its store, met it. */
  readonly submittedAtMs: number;
  /** In ms since the epoch. */
  readonly settledAtMs: number | undefined;
  readonly state: 'waiting' | 'sent' | 'accepted' | 'unreachable' | 'settled';
  /**
   * True if its turn in a batch has not come; else absent.
   */
  readonly held?: true;
  /**
   * True if it runs until somebody ends it; else absent. While its client is away it is `unreachable`, never `lost`.
   */
  readonly standing?: true;
  readonly outcome: Outcome | undefined;
  /** Why it did not complete. */
  readonly error?: WireError;
  /** The outcome that arrived after it was settled as `lost`. */
  readonly late?: LateOutcome;
  readonly progress: { readonly fraction: number; readonly note?: string | undefined } | undefined;
  /** Ms since it was accepted; when settled, how long it ran. */
  readonly durationMs: number | undefined;
  /**
   * True while its program is blocked because the client keeps 64 MiB of output that no server has taken; else absent.
   */
  readonly outputFull?: true;
  /** Bytes of output that were lost, by stream. */
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

/** A result, and the same as text for people. */
interface Result {
  readonly result?: unknown;
  /** Made by the contract's `describe`, or else JSON. Absent if there is no result. */
  readonly text?: string;
}

/** Everything that a server knows about a job, apart from its output and its records. */
export interface JobDetails extends JobView, Result {
  readonly late?: LateOutcome & Result;
  /** Boot id of the client process that it was sent to, or that has listed it; absent if it was sent to none. */
  readonly bootId?: string;
  /** Idempotency key of its actor. */
  readonly key?: string;
  /** It goes to some of its clients at a time. */
  readonly batch?: BatchState;
  /** When it expires if it has not started, in ms since the epoch. */
  readonly expiresAtMs?: number;
  readonly timeoutMs?: number;
  readonly traceparent?: string;
  /** Names of the arguments that are not in `args` as they were given; absent if all are. */
  readonly redacted?: readonly string[];
  readonly cancelRequested?: true;
  /** True if its client took it up from a former process of its own. */
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

/** Identifies a job: one client of one submission, or one of its places, also when that has got its client. */
export interface JobKey {
  readonly id: string;
  readonly client: string | null;
  readonly place?: number | undefined;
}

/** Selects jobs. Default: all. */
export interface ListFilter {
  readonly state?: 'running';
}

/** Selects jobs of the history. Default: all. */
export type HistoryFilter = StoredJobFilter;

export interface HistoryPage {
  readonly jobs: readonly JobView[];
  /** For the next page; undefined on the last one. */
  readonly next: string | undefined;
}

export interface SubmitOptions extends SendOptions {
  /**
   * Idempotency key, per actor, of 1 to 255 bytes: while the group's jobs are known, the same key returns the same
   * group. With another command, target or arguments it is refused with `bad_usage`. Default: none.
   */
  readonly key?: string;
  /** The caller has made up `key` for this call and has not sent it before: the store is not searched for it. */
  readonly keyIsNew?: boolean;
  /**
   * Where the arguments have `${secret.NAME}` instead of the text of a secret, which is put in each time that the command is
   * sent, and stored and shown nowhere. Only what the contract's `auditArgs` leaves out may have one, and only in the process
   * of the server. Default: nowhere; `${secret.NAME}` is then text like any other.
   */
  readonly secrets?: readonly SecretUse[];
  /** If it aborts before the command is submitted, nothing is sent and `submit` rejects with the reason. */
  readonly signal?: AbortSignal;
}

export interface WatchOptions {
  readonly signal?: AbortSignal;
  /**
   * `seq` of the first event: what is numbered comes from the log until the reader is up to date, over restarts of a server
   * with a durable store. Others have the newest events, from the first call of `watch` on. If the log has not all of it,
   * `next` rejects with `gone`. Default: the next event.
   */
  readonly from?: number;
}

/** Reads every event from the call of `watch` on. */
export interface EventReader<E extends Event = Event> extends AsyncIterableIterator<E, void, void>, AsyncDisposable {
  /** `seq` of the first event with a number that it hands out, if nothing is left out before. */
  readonly first?: number | undefined;
  /**
   * Keeps the newest event untaken after the next one is requested, until the returned function is called. If it never
   * is, the client keeps what the event is about for the next server.
   */
  hold(): () => void;
}

/**
 * The operations of a server, the same in its process and over the network. Every call passes the interceptors, with
 * its actor. Errors are `SignalboxError`s. After the server has ended, methods that send or wait reject with `closed`;
 * methods that read return the last known state.
 */
export interface JobService {
  /** Differs at each start of the server; prefix of the ids of its own jobs. */
  readonly bootId: string;
  readonly endpoint: string;
  /** Commands that can be sent, control commands included, by name. */
  readonly commands: ReadonlyMap<string, CommandContract>;
  /** The groups of clients that the server is given: their targets by their names. */
  readonly groups: ReadonlyMap<string, string>;
  /**
   * Sends a command to each client of the target, which is what stands after the `@` at a prompt (`web-*+env=prod,!w7`),
   * or several such. To a client that is away it is sent when that returns within `expiresInMs`, or else within 5 s; then it is `rejected` with `offline`.
   * Submissions of one actor are carried out in the order of the calls, however long interceptors take.
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
   * Asks the clients to end these jobs; for a `lost` one at once or when its client is back with it. What was not sent yet is
   * cancelled first, so that none of it is sent in place of what ends.
   * @throws SignalboxError `no_such_job`; then none is cancelled.
   */
  cancel(jobs: readonly JobKey[], options?: CancelOptions): Promise<void>;
  /**
   * Sends a signal to jobs that were sent to their clients. The command decides what it does; `run` passes it to its
   * processes once they have started.
   * @throws SignalboxError `no_such_job`, `bad_arguments` for a signal that does not exist, `bad_usage` if the contract does not
   * set `takesSignals`: then nothing is sent; `offline` for jobs that wait, have ended, or whose client is away.
   */
  signal(jobs: readonly JobKey[], signal: JobSignal): Promise<void>;
  /** @throws SignalboxError `no_such_job` */
  get(job: JobKey): Promise<JobDetails>;
  /** Known jobs, oldest first; old settled ones are forgotten. `running`, running data commands only, costs less. */
  list(filter?: ListFilter): Promise<JobView[]>;
  /**
   * Jobs from the newest to the oldest, by pages: with a durable store all that it has, else those that are known.
   * @param page.limit 1 to 1,000. Default: 100.
   * @param page.from `next` of the page before, with the same filter.
   * @throws SignalboxError `bad_usage`
   */
  history(filter?: HistoryFilter, page?: { readonly limit?: number; readonly from?: string }): Promise<HistoryPage>;
  /** The retained output of a job, in order of arrival. @throws SignalboxError `no_such_job` */
  output(job: JobKey): Promise<readonly OutputRun[]>;
  /** The newest records of a job, in order, at most 1 MiB. @throws SignalboxError `no_such_job` */
  records(job: JobKey): Promise<readonly EmittedRecord[]>;
  clients(): Promise<ClientView[]>;
  /**
   * Forgets a client that does not come back: it is expected no more, and its jobs are `lost` or `rejected`.
   * @throws SignalboxError `no_such_target`; `bad_usage` for one that is connected or has credentials of its own.
   */
  forget(client: string): Promise<void>;
  /** Names of the clients that a target resolves to. @throws SignalboxError `no_such_target`, `bad_usage` */
  resolve(target: string | readonly string[]): Promise<string[]>;
  /** Resolves when this number of clients is connected and has listed its jobs. Rejects if the signal aborts first. */
  waitForClients(count: number, options?: { signal?: AbortSignal }): Promise<void>;
  /**
   * Reads every event from now on, or from an earlier one on. The next event is handed out when the previous one has been
   * taken; leaving the loop takes it. A client keeps its outcomes and output until every reader has taken them.
   */
  watch(options?: WatchOptions): EventReader;
  /**
   * Calls a method that a plug-in has added: `PLUGIN/NAME`. Request and response are JSON and bytes.
   * @throws SignalboxError `unknown_command`, `bad_arguments`, `command_failed`; what the method throws.
   */
  call(method: string, request: unknown, options?: { readonly signal?: AbortSignal }): Promise<unknown>;
  /** The same service for another actor. Interceptors and events see its name. */
  as(actor: string): JobService;
}

/** A server in this process. */
export interface Server extends JobService, AsyncDisposable {
  /** Numbers of unsettled jobs by command and state, without zeros. Costs less than `list`. */
  unsettled(): UnsettledCount[];
  /**
   * Resolves when the server has closed: with `store_in_use` if it ended by itself because another server holds its
   * store, else with undefined.
   */
  readonly closed: Promise<SignalboxError | undefined>;
  /** Values by key in the store of the server, by the name of their collection; in memory without a store. */
  collection<Value>(name: string): Collection<Value>;
  /** Emits an event of workflows, operators, notifications or a plug-in: it is numbered, logged and told as all others. */
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
  /** Ends every session. Jobs continue at their clients, and the next server adopts them. May be called twice. */
  close(): Promise<void>;
}
