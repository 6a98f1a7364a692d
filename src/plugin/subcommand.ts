import type { Tracer } from './tracer.ts';

/** An option of a subcommand. */
export interface SubcommandOption {
  /** Such as `--bind <host:port>`: what stands between the brackets says how a shell completes it. */
  readonly flags: string;
  readonly text: string;
  /** The variable that sets it, without `SIGNALBOX_`. */
  readonly env: string;
  readonly isRequired?: boolean;
  /** As it would be typed. */
  readonly default?: string;
  /** @throws Error what it must be, in a sentence. */
  readonly parse?: (text: string) => unknown;
}

/**
 * A subcommand of `signalbox` that a plug-in brings. This much is loaded with the program: help, completion and the manual
 * page are made from it. `run` loads the rest.
 */
export interface Subcommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly SubcommandOption[];
  /** Whether its log goes to standard error by default, as that of a service. */
  readonly isService: boolean;
  /** What it makes spans of, such as `each batch`, for the help of `--traces`. Without it there is no such option. */
  readonly traces?: string;
  /** Runs until it is told to end. @param values those of the options, by their names in camelCase. */
  // A method, not a property: parameters of methods are bivariant, so each may name its own options.
  run(values: object, context: SubcommandContext): Promise<void>;
}

/** Subcommands under one word: `signalbox NAME SUBCOMMAND`. */
export interface SubcommandGroup {
  readonly name: string;
  readonly summary: string;
  /** Examples, below the options in the help. */
  readonly help: string;
  readonly subcommands: readonly Subcommand[];
}

/** The text of a scrape, as Prometheus reads it. */
export interface MetricsSource {
  readonly contentType: string;
  read(): Promise<string>;
}

/** What a subcommand may use of the program that runs it. */
export interface SubcommandContext {
  /** Aborts when the program is told to end. */
  readonly signal: AbortSignal;
  /** Says a line on standard output. */
  say(line: string): void;
  /** Says on standard error and in the log what is questionable. */
  warn(line: string): void;
  /** Undefined without one. */
  readonly log: SubcommandLog | undefined;
  /** Undefined without `--traces`. */
  readonly tracer: Tracer | undefined;
  /** Answers `--health` and `--metrics`, where they were given, until it is disposed. `metrics` is called only then. */
  observe(watched: { health(): string; metrics(): Promise<MetricsSource> }): Promise<AsyncDisposable>;
}

type Write = (facts: Readonly<Record<string, unknown>>, message: string) => void;

/** Records of the log, as JSON. */
export interface SubcommandLog {
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}
