import type { ServerCommandOptions } from '../server-options.ts';

/** The options of `signalbox attach`, checked. Times in ms. */
export interface AttachOptions
  extends Pick<
    ServerCommandOptions,
    'command' | 'output' | 'timeout' | 'echo' | 'begin' | 'keepGoing' | 'exitCode' | 'socketDir' | 'plugins'
  > {
  readonly as?: string;
  readonly context?: string;
  readonly tokenFile?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly waitClients?: number;
  readonly connectTimeout: number;
  readonly detach?: boolean;
  readonly events?: boolean;
}
