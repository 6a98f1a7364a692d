import type { ExitCode } from '../../exit-code.ts';
import { jsonLine } from '../../host/json-line.ts';
import { printable } from '../../host/printable.ts';
import { type JobStore, SignalboxError, type StoreInfo } from '../../index.ts';
import type { GivenPlugins } from '../plugins/given-plugins.ts';
import type { Surroundings } from '../surroundings.ts';
import { copyStore, transferOf } from './copy-store.ts';
import { exportLine } from './export-line.ts';
import { openStore } from './open-store.ts';
import { hasPassword } from './store-address.ts';

/** The options of `signalbox store copy`. */
export interface StorePlaceOptions {
  /** Endpoint of the server whose default store `sqlite` means. */
  readonly bind: string;
  readonly plugins?: GivenPlugins;
}

/** The options of `signalbox store info`, `export` and `vacuum`. */
export interface StoreCommandOptions extends StorePlaceOptions {
  readonly store?: string;
  readonly json?: boolean;
}

/** Opens stores for a subcommand. */
type Open = (address: string | undefined, use: 'read' | 'write') => Promise<JobStore>;

const opener =
  ({ bind: endpoint }: StorePlaceOptions, { host: { env }, added }: Surroundings): Open =>
  (address, use) =>
    openStore(address, { endpoint, env, openers: added?.stores, use });

/** `signalbox store info` */
export async function storeInfo(options: StoreCommandOptions, surroundings: Surroundings): Promise<ExitCode> {
  const { host } = surroundings;
  await using store = await opener(options, surroundings)(options.store, 'read');
  const info = await store.info();
  void host.stdout.write(options.json ? jsonLine(info) : infoLines(info));
  return 0;
}

/** `signalbox store export`: one JSON line per item. */
export async function exportStore(options: StoreCommandOptions, surroundings: Surroundings): Promise<ExitCode> {
  const { host } = surroundings;
  await using store = await opener(options, surroundings)(options.store, 'read');
  for await (const item of transferOf(store).export()) {
    if (host.ending.signal.aborted) return host.ending.signal.reason;
    await host.stdout.write(exportLine(item));
  }
  return 0;
}

/** `signalbox store vacuum` */
export async function vacuumStore(options: StoreCommandOptions, surroundings: Surroundings): Promise<ExitCode> {
  const open = opener(options, surroundings);
  await (await open(options.store, 'read'))[Symbol.asyncDispose]();
  await using store = await open(options.store, 'write');
  await transferOf(store).vacuum();
  return 0;
}

/** `signalbox store copy FROM TO` */
export async function copyStores(
  from: string,
  to: string,
  { options, surroundings }: { options: StorePlaceOptions; surroundings: Surroundings },
): Promise<ExitCode> {
  const open = opener(options, surroundings);
  for (const address of [from, to]) {
    if (!hasPassword(address)) continue;
    throw new SignalboxError(
      'bad_usage',
      'an address here must not contain a password, which others could read; use PGPASSFILE',
    );
  }
  // A missing source must not be created.
  await (await open(from, 'read'))[Symbol.asyncDispose]();
  await using source = await open(from, 'write');
  await using target = await open(to, 'write');
  await copyStore(source, target);
  const { address, jobs } = await target.info();
  void surroundings.host.stdout.write(
    `${printable(`${jobs} jobs are in ${address}; ${(await source.info()).address} is closed`)}\n`,
  );
  return 0;
}

function infoLines({ holder, closed, ...info }: StoreInfo): string {
  const lines: [string, unknown][] = [
    ['address', info.address],
    ['id', info.id],
    ['version', info.schemaVersion],
    ['bytes in use', info.bytes],
    ['jobs', `${info.jobs}, without an outcome: ${info.unsettled}`],
    ['starts of servers', info.epochs],
    ['current or last holder', holder ? `${holder.endpoint} (process ${holder.pid} on ${holder.host})` : 'none'],
    ...(closed === undefined ? [] : [['closed', closed] satisfies [string, string]]),
  ];
  return lines.map(([name, value]) => `${printable(`${name}: ${value}`)}\n`).join('');
}
