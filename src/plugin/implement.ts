import { z } from 'zod';
import { type CommandContract, type JobSignal, SignalboxError, type Stream } from '../../schemas/index.ts';
import type { OutputSource } from './output-source.ts';

/** What a running job may use of its client. */
export interface JobContext {
  readonly id: string;
  /** The span that it is in, as `traceparent` of W3C Trace Context; undefined where nobody traces. */
  readonly traceparent: string | undefined;
  /** Aborts when the job is cancelled, is past its deadline, or the client ends. */
  readonly signal: AbortSignal;
  /** Output of the job. A string is sent as UTF-8. Kept until the server has it, up to `maxOutputKeptBytes` a stream. */
  output(stream: Stream, data: string | Uint8Array): void;
  /** How far the job is, 0 to 1. The newest value travels, at most ten a second. */
  progress(fraction: number, note?: string): void;
  /** In place of `output`: reads the job's output from where it is kept, also for a server that comes later. */
  outputFrom(source: OutputSource): void;
  /** `true`: the work waits until more of its output is taken, see `jobs`; `false`: it goes on. */
  outputFull(isFull: boolean): void;
  /** Calls `listener` with each signal that is sent to the job, at once with those that came before it listened. */
  onSignal(listener: (signal: JobSignal) => void): void;
  /** Writes a line on the client's own terminal. */
  print(line: string): void;
}

/** Thrown by a handler: the job has failed, and `result` says how, in the form of its contract's result. */
export class JobFailure extends Error {
  override readonly name = 'JobFailure';
  readonly result: unknown;

  constructor(message: string, result: unknown) {
    super(message);
    this.result = result;
  }
}

/** A job that a former process of this client began, and that still runs or has ended without anybody having been told. */
export interface LeftJob<Result = unknown> {
  /** What `job.id` was then. */
  readonly id: string;
  /** What is left of its time limit, in ms. Default: it has none. */
  readonly timeoutMs?: number;
  /**
   * Goes on with it, as the handler would: what it returns is the result. Output is emitted from the first byte of the job on; what a server has
   * already is not sent again.
   */
  goOn(job: JobContext): Promise<Result> | Result;
}

/** Who takes up what was left. */
export interface Recovery {
  /** The name of this client: the jobs of other clients on this machine are theirs. */
  readonly client: string;
  /** Aborts when the client ends. */
  readonly signal: AbortSignal;
}

/** A contract and what carries it out. Made by `implement`. */
export interface Implementation {
  readonly contract: CommandContract;
  readonly brief?: boolean;
  /** What holds the processes of its jobs together; absent where it starts none. */
  readonly containment?: () => Promise<string>;
  /** Finds what former processes of this client have left running. */
  readonly recover?: (recovery: Recovery) => Promise<readonly LeftJob[]> | readonly LeftJob[];
  /**
   * Checks arguments from the wire and returns the work itself.
   * @throws SignalboxError `bad_arguments`
   */
  prepare(args: unknown): (job: JobContext) => unknown;
}

interface ImplementOptions<Result> extends Pick<Implementation, 'brief' | 'containment'> {
  readonly recover?: (recovery: Recovery) => Promise<readonly LeftJob<Result>[]> | readonly LeftJob<Result>[];
}

/**
 * Joins a contract to its implementation. What the handler returns is the result of the job; what it throws makes the job
 * `failed`; throwing after `job.signal` has aborted makes it `cancelled`.
 * @param options `brief`: it ends in microseconds, without waiting for anything. It is told by its outcome alone then, which is
 * quicker; every other is told to have been accepted before its handler is called. `containment`: finds out what holds the
 * processes of its jobs together, for `clients`. `recover`: finds the jobs of a `recoverable` contract that former processes of this client have left
 * running. It is called once, before the client says to any server what it holds; a server that still knows such a job goes on with it. While it
 * fails, it is called again, and the client stays offline: a job that it could not name would be `lost`.
 * @throws SignalboxError `bad_usage` where the handler is no function, or `recover` is given and the contract is not `recoverable`.
 */
export function implement<Name extends string, Args extends z.ZodObject, Result extends z.ZodType>(
  contract: CommandContract<Name, Args, Result>,
  handler: (args: z.output<Args>, job: JobContext) => Promise<z.input<Result>> | z.input<Result>,
  { brief = false, containment, recover }: ImplementOptions<z.input<Result>> = {},
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
    ...(recover && { recover }),
    prepare(args: unknown) {
      const parsed = contract.args.safeParse(args);
      if (!parsed.success) throw new SignalboxError('bad_arguments', z.prettifyError(parsed.error));
      return (job: JobContext) => handler(parsed.data, job);
    },
  });
}

/** Whether a module's export is an implementation: how `src/client/commands/` is read without a list of it. */
export function isImplementation(value: unknown): value is Implementation {
  return typeof value === 'object' && value !== null && 'contract' in value && 'prepare' in value;
}
