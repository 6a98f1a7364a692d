import { SignalboxError } from '../../schemas/errors.ts';
import type { HttpsAddress } from '../api/https/serve-https.ts';
import type { Host } from '../host/host.ts';
import type { LogOptions } from '../observe/log/log.ts';
import type { MetricsAddress } from '../observe/metrics/address.ts';
import type { TracesOptions } from '../observe/traces/open-traces.ts';
import type { ConfiguredNotify } from './config/notify-of.ts';
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
  readonly notify?: ConfiguredNotify;
  readonly keys?: string;
  readonly audit?: string;
  readonly insecure?: boolean;
  readonly health?: string;
  readonly socketDir?: string;
  readonly api?: HttpsAddress;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsClientCa?: string;
  readonly tlsMin?: '1.2' | '1.3';
  readonly metrics?: MetricsAddress;
  readonly plugins?: GivenPlugins;
}

/** @throws SignalboxError `bad_usage` for options that exclude each other or the prompt. */
export function checkTogether(options: ServerCommandOptions, host: Host): void {
  if ((options.spawn ?? 0) > 0 && options.keys !== undefined) {
    const text = '--spawn and --keys exclude each other: a spawned client has no credentials';
    throw new SignalboxError('bad_usage', text);
  }
  checkTls(options);
  if (isAtPrompt(options, host) && options.log === '-' && host.errorsOnTerminal) {
    throw new SignalboxError('bad_usage', '--log - would write over the prompt; give --log a file');
  }
}

function checkTls({ api, tlsCert, tlsKey, tlsClientCa, tlsMin }: ServerCommandOptions): void {
  if (api && (tlsCert === undefined || tlsKey === undefined)) {
    throw new SignalboxError('bad_usage', '--api needs --tls-cert and --tls-key: signalbox tls init creates them');
  }
  if (!api && [tlsCert, tlsKey, tlsClientCa, tlsMin].some((one) => one !== undefined)) {
    throw new SignalboxError('bad_usage', 'TLS options need --api https://HOST:PORT');
  }
}

export function isAtPrompt(
  { headless, command, output }: Pick<ServerCommandOptions, 'headless' | 'command' | 'output'>,
  { isTerminal }: Host,
): boolean {
  return isTerminal && !headless && command === undefined && output === 'text';
}
