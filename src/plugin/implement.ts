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

/** A contract and what carries it out. Made by `implement`. */
export interface Implementation {
  readonly contract: CommandContract;
  readonly brief?: boolean;
  /** What holds the processes of its jobs together; absent where it starts none. */
  readonly containment?: () => Promise<string>;
  /**
   * Checks arguments from the wire and returns the work itself.
   * @throws SignalboxError `bad_arguments`
   */
  prepare(args: unknown): (job: JobContext) => unknown;
}

/**
 * Joins a contract to its implementation. What the handler returns is the result of the job; what it throws makes the job
 * `failed`; throwing after `job.signal` has aborted makes it `cancelled`.
 * @param options `brief`: it ends in microseconds, without waiting for anything. It is told by its outcome alone then, which is
 * quicker; every other is told to have been accepted before its handler is called. `containment`: finds out what holds the
 * processes of its jobs together, for `clients`.
 */
export function implement<Name extends string, Args extends z.ZodObject, Result extends z.ZodType>(
  contract: CommandContract<Name, Args, Result>,
  handler: (args: z.output<Args>, job: JobContext) => Promise<z.input<Result>> | z.input<Result>,
  { brief = false, containment }: Pick<Implementation, 'brief' | 'containment'> = {},
): Implementation {
  if (typeof handler !== 'function') {
    throw new SignalboxError('bad_usage', `the handler of ${contract?.name} is a function of its arguments`);
  }
  return Object.freeze({
    contract,
    brief,
    ...(containment && { containment }),
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
