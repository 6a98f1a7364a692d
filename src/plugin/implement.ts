import { z } from 'zod';
import { SignalboxError } from '../../schemas/errors.ts';
import type { CommandContract, JobSignal, Stream } from '../../schemas/index.ts';
import type { OutputSource } from './output-source.ts';

/** What a handler may use while its job runs. */
export interface JobContext {
  readonly id: string;
  /** The name of this client. */
  readonly client: string;
  /**
   * Id of the store of the server that has sent the job; of a server in memory it is the server's own, new at each start.
   * Undefined for a job that was taken up without it, until a server of its start has been here.
   */
  readonly storeId: string | undefined;
  /** Time left until its deadline, in ms. Undefined: it has none. */
  readonly timeoutMs: number | undefined;
  /** The span of the job, as `traceparent` of W3C Trace Context; undefined without tracing. */
  readonly traceparent: string | undefined;
  /** Aborts when the job is cancelled, exceeds its deadline, or the client ends. */
  readonly signal: AbortSignal;
  /**
   * Emits output; a string is encoded as UTF-8. It is kept until the server has taken it, up to `maxOutputKeptBytes`
   * per stream.
   */
  output(stream: Stream, data: string | Uint8Array): void;
  /** Reports progress, from 0 to 1. The newest value is sent, at most ten times a second. */
  progress(fraction: number, note?: string): void;
  /**
   * Emits a record, a value in the form of the contract's `records`. Records are kept until the server has taken them, up
   * to `maxRecordsKeptBytes`; the oldest ones are dropped and count as lost.
   * @throws SignalboxError `bad_result` if it does not match the contract or cannot be sent; `bad_usage` if the contract
   * declares no records.
   */
  record(value: unknown): void;
  /**
   * The work is over and its outcome is decided, though the handler still has to clean up or to hand on output: a cancel or a
   * deadline that comes later does not change it. `signal` aborts all the same.
   * @param options.beforeDeadline it was over in time, though that is found out only now: a deadline that has passed meanwhile does
   * not count either. Default: false.
   */
  decided(options?: { readonly beforeDeadline?: boolean }): void;
  /** Instead of `output`: reads the job's output from where it is kept, also for later servers. */
  outputFrom(source: OutputSource): void;
  /** `true`: the work is blocked until a server takes more output (`outputFull` in `jobs`); `false`: it continues. */
  outputFull(isFull: boolean): void;
  /** Calls `listener` with each signal sent to the job, including those sent before this call. */
  onSignal(listener: (signal: JobSignal) => void): void;
  /** Writes a line on the client's own terminal. */
  print(line: string): void;
  /**
   * Calls `listener` when the client forgets the job, after its end: a server has acked its outcome, or none came for it in
   * time. From then on it is not to be found by `recover` any more. Not called when the client ends before that.
   */
  onForgotten(listener: () => void): void;
  /**
   * The folder in which the command keeps what must outlive this process, of mode 0700: one for all of its jobs on this
   * client. It is made on first use. This process alone holds it until it ends.
   * @throws SignalboxError `not_allowed` if the client has no lasting name, `name_taken` if another process of this name
   * holds it; `command_failed` if it cannot be made.
   */
  state(): Promise<string>;
}

/** Thrown by a handler: the job is `failed`, with `result` in the form of its contract's result. */
export class JobFailure extends Error {
  override readonly name = 'JobFailure';
  readonly result: unknown;

  /**
   * @param options.cause a `SignalboxError` of code `cancelled` or `deadline_exceeded`: why the work was ended, where this process
   * was not told. It counts as if it had been, so with `cancelled` the job is `cancelled`.
   */
  constructor(message: string, result: unknown, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.result = result;
  }
}

/** A job that an earlier process of this client started, and that still runs or whose outcome was not reported. */
export interface LeftJob<Result = unknown> {
  /** The `job.id` it had. */
  readonly id: string;
  /** The `job.storeId` it had: a server of another store is not told of the job. Default: every server is. */
  readonly storeId?: string | undefined;
  /** Time left until its deadline, in ms. Default: no deadline. */
  readonly timeoutMs?: number | undefined;
  /**
   * Continues the job like its handler: the returned value is the result. Emits output from the job's first byte; what
   * a server already has is not sent again.
   */
  goOn(job: JobContext): Promise<Result> | Result;
}

/** Argument of `recover`. */
export interface Recovery {
  /** The name of this client. Ignore jobs of other clients on the machine. */
  readonly client: string;
  /** Aborts when the client ends. */
  readonly signal: AbortSignal;
  /**
   * As `state` of a job. If it rejects because the client has no state, and `recover` with it, nothing is taken up and
   * the client goes on.
   */
  state(): Promise<string>;
  /**
   * What clients of `--spawn` that were killed had as `state`, in no order; this process holds it. Nobody takes up their
   * jobs: clean up what they left. Each folder is removed when `recover` has returned. Empty for other clients.
   */
  readonly left: readonly string[];
  /**
   * A folder of `left` is not cleaned up yet: it stays, for the next client of `--spawn`, unless you remove it. So does the state of
   * such a client itself, which else goes when its jobs have ended.
   */
  keep(folder: string): void;
  /**
   * Calls `listener` each time that a server has been told which jobs this client has, with the id of that server's store.
   * Jobs of that store that were not among them are lost there, so nothing more is to come of them.
   */
  onListed(listener: (storeId: string) => void): void;
  /** Writes a line on the client's own terminal. */
  print(line: string): void;
}

/** A contract with its implementation, made by `implement`. */
export interface Implementation {
  readonly contract: CommandContract;
  readonly brief?: boolean;
  /** Finds out what contains the processes of its jobs; absent if it starts none. */
  readonly containment?: () => Promise<string>;
  /** Finds out what is to be known of this machine. */
  readonly facts?: () => Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>;
  /** Finds the jobs that earlier processes of this client left running. */
  readonly recover?: (recovery: Recovery) => Promise<readonly LeftJob[]> | readonly LeftJob[];
  /** Checks arguments from the wire and returns the work. @throws SignalboxError `bad_arguments` */
  prepare(args: unknown): (job: JobContext) => unknown;
}

interface ImplementOptions<Result> extends Pick<Implementation, 'brief' | 'containment' | 'facts'> {
  readonly recover?: (recovery: Recovery) => Promise<readonly LeftJob<Result>[]> | readonly LeftJob<Result>[];
}

/**
 * Joins a contract to its implementation. The handler's return value is the result of the job. If it throws, the job is
 * `failed`, or `cancelled` if `job.signal` has aborted.
 * @param options.brief the handler ends within microseconds and waits for nothing. Only the outcome is reported, which
 * is faster; otherwise the job is reported as accepted before the handler is called. Default: false.
 * @param options.containment finds out what contains the processes of the jobs, for `clients`.
 * @param options.facts finds out what `clients` is to show of this machine, such as `{ engine: 'docker-20.10.24' }`: names
 * as of clients, strings of at most 255 bytes, at most 32 of all commands together. Called at each connection, which waits
 * half a second for it; what comes later is told later. Where it fails there are none. It cannot replace `os`, `arch` and
 * `node`.
 * @param options.recover finds the jobs of a `recoverable` contract that earlier processes of this client left running.
 * Called once, before the client reports its jobs to a server. If it fails, it is called again and the client stays
 * offline, because a job that is not listed would be `lost`.
 * @throws SignalboxError `bad_usage` if the handler is not a function, or `recover` is given and the contract is not
 * `recoverable`.
 */
export function implement<Name extends string, Args extends z.ZodObject, Result extends z.ZodType>(
  contract: CommandContract<Name, Args, Result>,
  handler: (args: z.output<Args>, job: JobContext) => Promise<z.input<Result>> | z.input<Result>,
  { brief = false, containment, facts, recover }: ImplementOptions<z.input<Result>> = {},
): Implementation {
  if (typeof handler !== 'function') {
    throw new SignalboxError('bad_usage', `the handler of ${contract?.name} is a function of its arguments`);
  }
  if (recover && !contract.recoverable) {
    throw new SignalboxError('bad_usage', `${contract.name} has recover, and its contract is not recoverable`);
  }
  return Object.freeze({
    contract,
    brief,
    ...(containment && { containment }),
    ...(facts && { facts }),
    ...(recover && { recover }),
    prepare(args: unknown) {
      const parsed = contract.args.safeParse(args);
      if (!parsed.success) throw new SignalboxError('bad_arguments', z.prettifyError(parsed.error));
      return (job: JobContext) => handler(parsed.data, job);
    },
  });
}

/** Whether a module's export is an implementation; `src/client/commands/` is loaded without a list. */
export function isImplementation(value: unknown): value is Implementation {
  return typeof value === 'object' && value !== null && 'contract' in value && 'prepare' in value;
}
