import type { z } from 'zod';
import type { CommandContract } from '../../schemas/index.ts';
import type { Implementation } from '../client/implement.ts';
import type { Builtin } from '../shell/builtin.ts';
import type { Interceptor } from './interceptor.ts';
import type { JobService } from './job-service.ts';
import type { Observer } from './observer.ts';

/** The version of what a plug-in may use. A plug-in that was written for another one is refused. */
export const pluginApiVersion = 1;

/** What a plug-in adds to the program that it is loaded into. What a side has no use for is ignored there. */
export interface PluginHost {
  /** Which program loads it. */
  readonly side: 'server' | 'client';
  /** A command: its contract, which the server needs, and what carries it out, which clients need. */
  command(implementation: Implementation): void;
  contract(contract: CommandContract): void;
  /** A word of the shell itself. */
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
  setup(host: PluginHost, options: z.output<Options>): void | Promise<void>;
}
