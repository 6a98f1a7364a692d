import { z } from 'zod';
import { SignalboxError } from '../../schemas/errors.ts';
import type { CommandContract, JobSignal, Stream } from '../../schemas/index.ts';
import type { OutputSource } from './output-source.ts';

/** What a handler can use while its job runs. */
export interface JobContext {
  /** The id of the job. */
  readonly id: string;
  /** The name of this client. */
  readonly client: string;
  /**
   * Id of the store of the server that sent the job. A server without a durable store uses an id of its own, new at
   * each start. Undefined for a recovered job whose `storeId` is unknown, until its server has connected.
   */
  readonly storeId: string | undefined;
  /** Time left until the deadline, in ms. Undefined: no deadline. */
  readonly timeoutMs: number | undefined;
  /** The span of the job, as `traceparent` of W3C Trace Context; undefined without tracing. */
  readonly traceparent: string | undefined;
  /** Aborts when the job is cancelled, exceeds its deadline, or the client ends. */
  readonly signal: AbortSignal;
  /**
   * Emits output. Strings are encoded as UTF-8. Output is kept until the server has received it, up to
   * `maxOutputKeptBytes` (1 MiB) per stream; beyond that the oldest is lost.
   */
  output(stream: Stream, data: string | Uint8Array): void;
  /** Reports progress, from 0 to 1. The newest value is sent, at most ten times a second. */
  progress(fraction: number, note?: string): void;
  /**
   * Emits a record, a value as described by `records` of the contract. Records are kept until the server has received
   * them, up to `maxRecordsKeptBytes` (1 MiB); beyond that the oldest are lost.
   * @throws SignalboxError `bad_result` if it does not match the contract or cannot be sent; `bad_usage` if the
   * contract declares no records.
   */
  record(value: unknown): void;
  /**
   * Declares that the outcome is decided, although the handler still has to clean up or to deliver output. A later
   * cancel or deadline does not change the outcome. `signal` still aborts.
   * @param options.beforeDeadline the work ended in time, but this is only known now: a deadline that has passed since
   * is ignored, too. Default: false.
   */
  decided(options?: { readonly beforeDeadline?: boolean }): void;
  /** Reads the output of the job from a source, instead of `output`. The source is also read for later servers. */
  outputFrom(source: OutputSource): void;
  /** `true`: the work is blocked until a server receives output (`outputFull` in `jobs`). `false`: it continues. */
  outputFull(isFull: boolean): void;
  /** Calls `listener` with each signal sent to the job, including those sent before this call. */
  onSignal(listener: (signal: JobSignal) => void): void;
  /** Prints a line on the terminal of the client. */
  print(line: string): void;
  /**
   * Calls `listener` when the client forgets the job after its end: a server has acked its outcome, or none has in
   * time. From then on `recover` must not return it. It is not called if the client ends before that.
   */
  onForgotten(listener: () => void): void;
  /**
   * Returns the folder, of mode 0700, where the command can keep state that survives the process. All of its jobs on
   * this client share the folder. It is created on first use, and held by this process until it ends.
   * @throws SignalboxError `not_allowed` if the client has no permanent name; `name_taken` if another process with this
   * name holds the folder; `command_failed` if it cannot be created.
   */
  state(): Promise<string>;
}

/** Thrown by a handler to fail the job with a `result`, which must match the result of its contract. */
export class JobFailure extends Error {
  override readonly name = 'JobFailure';
  /** Details of the failure. */
  readonly result: unknown;

  /**
   * @param options.cause a `SignalboxError` with code `cancelled` or `deadline_exceeded`: why the work was ended, if an
   * earlier process received the cancel or exceeded the deadline. It has the same effect as in this process: with
   * `cancelled`, the job is `cancelled`.
   */
  constructor(message: string, result: unknown, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.result = result;
  }
}

/** A job that an earlier process of this client started, and that is still running or whose outcome was not reported. */
export interface LeftJob<Result = unknown> {
  /** Its `job.id`. */
  readonly id: string;
  /** Its `job.storeId`. The job is then listed only to servers of that store. Default: to every server. */
  readonly storeId?: string | undefined;
  /** Time left until its deadline, in ms. Default: no deadline. */
  readonly timeoutMs?: number | undefined;
  /**
   * Continues the job in place of its handler: the returned value is its result. Emit its output from the first byte;
   * output that a server already has is not sent again.
   */
  goOn(job: JobContext): Promise<Result> | Result;
}

/** The argument of `recover`. */
export interface Recovery {
  /** The name of this client. Ignore jobs of other clients on the machine. */
  readonly client: string;
  /** Aborts when the client ends. */
  readonly signal: AbortSignal;
  /**
   * Like `state` of a job. If it rejects because the client has no state, and `recover` therefore rejects, no jobs are
   * recovered and the client continues.
   */
  state(): Promise<string>;
  /**
   * Folders that `state` returned to clients of `--spawn` that were killed, in any order. This process holds them.
   * Their jobs are lost, so clean up what they left. Each folder is removed after `recover` has finished. Empty for all
   * other clients.
   */
  readonly left: readonly string[];
  /**
   * Keeps a folder of `left` that is not cleaned up yet, for the next client of `--spawn`, unless you remove it. It can
   * also keep the state folder of such a client itself, which is otherwise removed when its jobs have ended.
   */
  keep(folder: string): void;
  /**
   * Calls `listener`, with the id of its store, each time that a server has received the list of this client's jobs.
   * Jobs of that store that were not listed are lost, so their results are no longer needed.
   */
  onListed(listener: (storeId: string) => void): void;
  /** Prints a line on the terminal of the client. */
  print(line: string): void;
}

/** A contract with its implementation. Create it with `implement`. */
export interface Implementation {
  readonly contract: CommandContract;
  /** See `implement`. */
  readonly brief?: boolean;
  /** Determines what contains the processes of its jobs. Absent if it starts none. */
  readonly containment?: () => Promise<string>;
  /** Detects facts about this machine. */
  readonly facts?: () => Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>;
  /** Finds the jobs that earlier processes of this client left. */
  readonly recover?: (recovery: Recovery) => Promise<readonly LeftJob[]> | readonly LeftJob[];
  /** Checks received arguments and returns the work. @throws SignalboxError `bad_arguments` */
  prepare(args: unknown): (job: JobContext) => unknown;
}

interface ImplementOptions<Result> extends Pick<Implementation, 'brief' | 'containment' | 'facts'> {
  readonly recover?: (recovery: Recovery) => Promise<readonly LeftJob<Result>[]> | readonly LeftJob<Result>[];
}

/**
 * Combines a contract with its implementation. The return value of the handler is the result of the job. If it throws,
 * the job is `failed`, or `cancelled` if `job.signal` has aborted.
 * @param options.brief the handler takes microseconds and waits for nothing. Only its outcome is reported, which is
 * faster; otherwise the job is reported as accepted before the handler is called. Default: false.
 * @param options.containment determines what contains the processes of its jobs, for `clients`. Default: it starts
 * none.
 * @param options.facts detects facts about this machine for `clients`, such as `{ engine: 'docker-20.10.24' }`: names
 * in the form of client names, strings of at most 255 bytes, at most 32 for all commands together. Called for each
 * connection, which waits up to half a second; later facts are sent as a change. If it fails there are none. It cannot
 * replace `os`, `arch` and `node`. Default: no facts.
 * @param options.recover finds the jobs of a `recoverable` contract that earlier processes of this client left. Called
 * once, before the client lists its jobs to a server. If it fails, the client stays offline and it is called again,
 * because a job that is not listed would be `lost`. Default: no jobs.
 * @throws SignalboxError `bad_usage` if the handler is not a function, or if `recover` is given for a contract that is
 * not `recoverable`.
 */
export function implement<Name extends string, Args extends z.ZodObject, Result extends z.ZodType>(
  contract: CommandContract<Name, Args, Result>,
  handler: (args: z.output<Args>, job: JobContext) => Promise<z.input<Result>> | z.input<Result>,
  { brief = false, containment, facts, recover }: ImplementOptions<z.input<Result>> = {},
): Implementation {
  if (typeof handler !== 'function') {
    throw new SignalboxError('bad_usage', `the handler of ${contract?.name} must be a function of its arguments`);
  }
  if (recover && !contract.recoverable) {
    throw new SignalboxError('bad_usage', `${contract.name} has recover, but its contract is not recoverable`);
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

/**
 * Whether an export of a module is an implementation. `src/client/commands/` is loaded this way, without a list of
 * commands.
 */
export function isImplementation(value: unknown): value is Implementation {
  return typeof value === 'object' && value !== null && 'contract' in value && 'prepare' in value;
}
