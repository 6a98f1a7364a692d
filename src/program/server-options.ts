import { SignalboxError } from '../../schemas/errors.ts';
import type { Host } from '../host/host.ts';
import type { LogOptions } from '../observe/log/log.ts';
import type { MetricsAddress } from '../observe/metrics/address.ts';
import type { TracesOptions } from '../observe/traces/open-traces.ts';
import type { ConfiguredRoles } from './config/roles-of.ts';
import type { ConfiguredStanding } from './config/standing-of.ts';
import type { GivenPlugins } from './plugins/given-plugins.ts';
import type { ConfiguredSecrets } from './secrets.ts';
import type { StoreOptions } from './store/open-store.ts';

/** The options of `signalbox server`, checked. Times in ms. */
export interface ServerCommandOptions extends LogOptions, TracesOptions, StoreOptions {
  readonly headless?: boolean;
  readonly bind?: string;
  readonly spawn?: number;
  readonly command?: readonly string[];
  readonly output: 'text' | 'json';
  readonly waitClients?: number;
  readonly connectTimeout: number;
  readonly timeout?: number;
  readonly echo?: boolean;
  readonly begin?: string;
  readonly keepGoing?: boolean;
  readonly exitCode: 'script' | 'job';
  readonly lostAfter: number;
  readonly recoverWithin: number;
  readonly keep: number;
  readonly keepBytes: number;
  readonly adopt?: boolean;
  readonly group?: Readonly<Record<string, string | readonly string[]>>;
  readonly workflows?: string;
  readonly secrets?: ConfiguredSecrets;
  readonly presence?: { readonly host: string; readonly port: number };
  readonly userSecretFile?: string;
  readonly standing?: ConfiguredStanding;
  readonly roles?: ConfiguredRoles;
  readonly keys?: string;
  readonly audit?: string;
  readonly insecure?: boolean;
  readonly health?: string;
  readonly socketDir?: string;
  readonly metrics?: MetricsAddress;
  readonly plugins?: GivenPlugins;
}

/** @throws SignalboxError `bad_usage` for options that exclude each other or the prompt. */
export function checkTogether(options: ServerCommandOptions, host: Host): void {
  if ((options.spawn ?? 0) > 0 && options.keys !== undefined) {
    const text = '--spawn and --keys exclude each other: a spawned client has no credentials';
    throw new SignalboxError('bad_usage', text);
  }
  if (isAtPrompt(options, host) && options.log === '-' && host.errorsOnTerminal) {
    throw new SignalboxError('bad_usage', 'the screen belongs to the prompt; give --log a file');
  }
}

export function isAtPrompt(
  { headless, command, output }: Pick<ServerCommandOptions, 'headless' | 'command' | 'output'>,
  { isTerminal }: Host,
): boolean {
  return isTerminal && !headless && command === undefined && output === 'text';
}
