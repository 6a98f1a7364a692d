import type { Tracer } from './tracer.ts';

/** An option of a subcommand. */
export interface SubcommandOption {
  /** Such as `--bind <host:port>`. The name in the brackets determines how a shell completes the value. */
  readonly flags: string;
  /** One line for the help. */
  readonly text: string;
  /** The environment variable that sets it, without `SIGNALBOX_`. */
  readonly env: string;
  /** Default: false. */
  readonly isRequired?: boolean;
  /** The default, as typed. */
  readonly default?: string;
  /** Parses the value. @throws Error with a sentence that says what the value must be. */
  readonly parse?: (text: string) => unknown;
}

/**
 * A subcommand of `signalbox` that a plug-in adds. This description is loaded with the program: help, completion and
 * the manual page are made from it. `run` loads everything else.
 */
export interface Subcommand {
  /** `[a-z][a-z0-9-]*` */
  readonly name: string;
  /** One line for the help. */
  readonly summary: string;
  readonly options: readonly SubcommandOption[];
  /** Whether it logs to standard error by default, as services do. */
  readonly isService: boolean;
  /** What the spans describe, such as `each batch`, for the help of `--traces`. Default: there is no `--traces`. */
  readonly traces?: string;
  /**
   * Runs until it is done or `context.signal` aborts. If it rejects, the program prints the error and ends with its exit
   * code.
   * @param values values of the options, by name in camelCase.
   */
  // A method, not a property: parameters of methods are bivariant, so each may name its own options.
  run(values: object, context: SubcommandContext): Promise<void>;
}

/** Subcommands under a common word: `signalbox NAME SUBCOMMAND`. */
export interface SubcommandGroup {
  readonly name: string;
  readonly summary: string;
  /** Examples, shown after the options in the help. */
  readonly help: string;
  readonly subcommands: readonly Subcommand[];
}

/** Metrics in the text format of Prometheus. */
export interface MetricsSource {
  /** Value of the `Content-Type` header. */
  readonly contentType: string;
  /** Returns the current metrics. Called for each scrape. */
  read(): Promise<string>;
}

/** What a subcommand can use of the program that runs it. */
export interface SubcommandContext {
  /** Aborts when the program must end, for example on SIGTERM. */
  readonly signal: AbortSignal;
  /** Prints a line on standard output. */
  say(line: string): void;
  /** Prints a warning on standard error, and logs it. */
  warn(line: string): void;
  /** Undefined if there is no log. */
  readonly log: SubcommandLog | undefined;
  /** Undefined without `--traces`. */
  readonly tracer: Tracer | undefined;
  /**
   * Serves `--health` and `--metrics`, if they were given, until it is disposed of. `metrics` is only called in that
   * case.
   */
  observe(watched: { health(): string; metrics(): Promise<MetricsSource> }): Promise<AsyncDisposable>;
}

type Write = (facts: Readonly<Record<string, unknown>>, message: string) => void;

/** The log. Its records are JSON. */
export interface SubcommandLog {
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}
