import type { ArgsOf, CommandContract, JobSignal, Offsets, ResultOf } from '../../schemas/index.ts';
import type { Event, JobRef, SeenState } from '../jobs/events.ts';
import type { EmittedRecord } from '../jobs/received-records.ts';
import type { Settlement } from '../jobs/settlement.ts';
import type { OutputRun } from '../kept-output.ts';
import type { JobGroup } from './job-group.ts';

export interface SendOptions {
  /** Not started within so many ms: the outcome is `expired`. */
  readonly expiresInMs?: number;
  /** Still running so many ms after its start: it is cancelled, and `failed` with `deadline_exceeded`. */
  readonly timeoutMs?: number;
  /** Which span of a trace it belongs to: `traceparent` of W3C Trace Context, version 00. Its handler is told. */
  readonly traceparent?: string;
}

/** A client as the server sees it. */
export interface ClientView {
  readonly name: string;
  readonly state: SeenState;
  readonly bootId: string;
  /** What it has proved its name with, where the server has keys. */
  readonly credential: string | undefined;
  readonly version: string;
  readonly host: string;
  readonly pid: number;
  readonly commands: readonly string[];
  /** What holds the processes of its jobs together; undefined where it runs none. */
  readonly containment: string | undefined;
  readonly runningJobs: number;
  /** Since its last message. */
  readonly silentMs: number;
  /** Of the last heartbeat, there and back. Undefined before the first one. */
  readonly roundTripMs: number | undefined;
  /** How late its event loop was at most since the heartbeat before. */
  readonly lagMs: number | undefined;
}

/** A job as the server sees it. */
export interface JobView extends JobRef {
  readonly kind: 'control' | 'data';
  /** As the contract's `auditArgs` leaves them. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly state: 'waiting' | 'sent' | 'accepted' | 'unreachable' | 'settled';
  /** There and true where it runs until it is ended. While its client stays away it is `unreachable`, and never `lost` for that. */
  readonly standing?: true;
  readonly outcome: Settlement['outcome'] | undefined;
  readonly progress: { readonly fraction: number; readonly note?: string | undefined } | undefined;
  /** Since it was accepted, while it runs; how long it took, when it has ended. */
  readonly durationMs: number | undefined;
  /** There and true while its program waits: 64 MiB of its output lie at the client, and no server has taken them. */
  readonly outputFull?: true;
  /** Bytes of its output that never came, by stream. */
  readonly lostOutput?: Offsets;
  /** How many of its records never came, or were not as its contract has them. */
  readonly lostRecords?: number;
}

/** How many jobs of a command are in a state. */
export interface UnsettledCount {
  readonly command: string;
  readonly state: Exclude<JobView['state'], 'settled'>;
  readonly count: number;
}

/** Which job: what one submit made, on one client. */
export interface JobKey {
  readonly id: string;
  readonly client: string;
}

/** Which jobs to list. Default: all. */
export interface ListFilter {
  readonly state?: 'running';
}

export interface SubmitOptions extends SendOptions {
  /**
   * The same key gives the same group, as long as its jobs are known: who crashed, or lost an answer, asks again. With another command, target or
   * other arguments it is refused with `bad_usage`. Keys are per actor.
   */
  readonly key?: string;
  /** Aborts while it has not been submitted: nothing is sent then, and `submit` rejects with the reason. */
  readonly signal?: AbortSignal;
}

/** Reads every event from the call of `watch` on. */
export interface EventReader<E extends Event = Event> extends AsyncIterableIterator<E, void, void>, AsyncDisposable {
  /**
   * The event that was handed out last is not taken when the next one is asked for, but when the returned function is called; where it never is, its
   * client keeps what the event is about for the next server.
   */
  hold(): () => void;
}

/**
 * All that can be asked of a server, in its process or over the network alike. Every method passes the interceptors, with the actor that
 * calls. Errors are `SignalboxError`s. After the server has ended, what sends or waits rejects with `closed`; reading methods answer with what was
 * known then.
 */
export interface JobService {
  /** New at each start of the server: its own job ids begin with it. */
  readonly bootId: string;
  readonly endpoint: string;
  /** What can be sent, by name: control commands too. */
  readonly commands: ReadonlyMap<string, CommandContract>;
  /**
   * Sends a command to each client that the target means: a name, a glob, `all`, or several of these. Submissions of one caller are carried out
   * in the order in which they were made, however long interceptors take.
   * @throws SignalboxError `bad_arguments`, `no_such_target`, `unknown_command`, `message_too_large`; nothing is sent then.
   */
  submit<C extends CommandContract>(
    target: string | readonly string[],
    command: C,
    args: ArgsOf<C>,
    options?: SubmitOptions,
  ): Promise<JobGroup<ResultOf<C>>>;
  /** Asks the client of each to end it. @throws SignalboxError `no_such_job`; nothing is cancelled then. */
  cancel(jobs: readonly JobKey[]): Promise<void>;
  /**
   * Sends a signal to each job that was sent to its client. What it does is up to its command; `run` passes it on to its processes, as soon as it
   * has started them.
   * @throws SignalboxError `no_such_job`, `bad_usage` where its contract does not say `takesSignals`: nothing is sent then; `offline`
   * where a job waits or has ended, or its client is away.
   */
  signal(jobs: readonly JobKey[], signal: JobSignal): Promise<void>;
  /** @throws SignalboxError `no_such_job` */
  get(job: JobKey): Promise<JobView>;
  /** Jobs that are known, oldest first; settled ones as far as they are kept. `running`: data commands that run now, which costs less. */
  list(filter?: ListFilter): Promise<JobView[]>;
  /** What is kept of a job's output, in the order in which it came. @throws SignalboxError `no_such_job` */
  output(job: JobKey): Promise<readonly OutputRun[]>;
  /** What is kept of a job's records, in order: the newest, at most 1 MiB. @throws SignalboxError `no_such_job` */
  records(job: JobKey): Promise<readonly EmittedRecord[]>;
  clients(): Promise<ClientView[]>;
  /** The clients that a target means, by name. @throws SignalboxError `no_such_target` */
  resolve(target: string | readonly string[]): Promise<string[]>;
  /** Resolves when so many clients are connected and have said what jobs they hold. @throws the signal's reason when it aborts first. */
  waitForClients(count: number, options?: { signal?: AbortSignal }): Promise<void>;
  /**
   * Every event from now on, for whoever must miss nothing: the next one is handed out when the one before has been taken. Until every reader has
   * taken what a client said of a job, the client keeps it. Whoever leaves the loop has taken what came so far.
   */
  watch(options?: { readonly signal?: AbortSignal }): EventReader;
  /** The same service for another caller, whose name interceptors and events are told. */
  as(actor: string): JobService;
}

/** A server in this process, which is its own service. */
export interface Server extends JobService, AsyncDisposable {
  /** How many jobs have no outcome yet, by command and state; where there are none, no line. Costs less than `list`. */
  unsettled(): UnsettledCount[];
  /** Ends every session. Jobs go on at their clients; the next server adopts them. May be called twice. */
  close(): Promise<void>;
}
