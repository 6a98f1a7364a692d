import { z } from 'zod';
import { type CommandContract, SignalboxError } from '../../schemas/index.ts';
import type { Builtin } from './builtin.ts';
import type { Implementation } from './implement.ts';
import type { Interceptor } from './interceptor.ts';
import type { JobService } from './job-service.ts';
import type { Observer } from './observer.ts';

/** The version of what a plug-in may use. A plug-in that was written for another one is refused. */
export const pluginApiVersion = 1;

/** What a plug-in adds to the program that it is loaded into. What a side has no use for is ignored there. Usable until `setup` has returned. */
export interface PluginHost {
  /** Which program loads it. */
  readonly side: 'server' | 'client';
  /** A command: its contract, which the server needs, and what carries it out, which clients need. */
  command(implementation: Implementation): void;
  contract(contract: CommandContract): void;
  /** A command of the shell itself. */
  builtin(builtin: Builtin): void;
  observer(observer: Observer): void;
  interceptor(interceptor: Interceptor): void;
  /** Calls `use` with the service of the server when it listens. */
  onStart(use: (service: JobService) => void | Promise<void>): void;
  /** Called at the end, in reverse order. */
  onEnd(dispose: () => void | Promise<void>): void;
}

/** A plug-in, as its module exports it by default. */
export interface Plugin<Options extends z.ZodObject = z.ZodObject> {
  /** `[a-z][a-z0-9-]*` */
  readonly name: string;
  readonly apiVersion: typeof pluginApiVersion;
  /** Its options: for `createServer` and `createClient`, the configuration (`plugins: NAME:`), the command line (`--NAME-OPTION`), the environment. */
  readonly options?: Options;
  /** Called once in each program that loads it. What it throws stops the start. */
  // A method: a plug-in with options of its own is a `Plugin` too.
  setup(host: PluginHost, options: z.output<Options>): void | Promise<void>;
}

/** A plug-in with the options that it is given. */
export interface PluginUse {
  readonly plugin: Plugin;
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Without options of its own a plug-in's `setup` is called with `{}`. */
type NoOptions = z.ZodObject<Record<never, never>>;

/**
 * Declares a plug-in.
 * @throws SignalboxError `bad_usage` where its name is not `[a-z][a-z0-9-]*`, its `apiVersion` is unknown, or something is missing.
 */
export function definePlugin<Options extends z.ZodObject = NoOptions>(definition: Plugin<Options>): Plugin<Options> {
  checkPlugin(definition);
  return Object.freeze({ ...definition });
}

/** What TypeScript says first; without it, this does. */
export function checkPlugin(definition: unknown): asserts definition is Plugin {
  const { name, apiVersion, options, setup } = (definition ?? {}) as Partial<Record<keyof Plugin, unknown>>;
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]{0,62}$/.test(name)) {
    throw new SignalboxError('bad_usage', `a plug-in's name is [a-z][a-z0-9-]*, not '${name}'`);
  }
  const wrong = (what: string) => new SignalboxError('bad_usage', `the plug-in ${name} has ${what}`);
  if (apiVersion !== pluginApiVersion) {
    throw wrong(`apiVersion ${apiVersion}; this signalbox has version ${pluginApiVersion} of the plug-in API`);
  }
  if (typeof setup !== 'function') throw wrong('no setup: a function of its host');
  if (options !== undefined && !(options instanceof z.ZodObject)) throw wrong('options that are no zod object');
}
