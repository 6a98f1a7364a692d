import type { ExitCode } from '../../exit-code.ts';
import type { Host } from '../../host/host.ts';
import { jsonLine } from '../../host/json-line.ts';
import { printable } from '../../host/printable.ts';
import { type JobStore, openSqliteStore, SignalboxError, type StoreInfo } from '../../index.ts';
import { copyStore, transferOf } from './copy-store.ts';
import { defaultStore } from './default-store.ts';
import { exportLine } from './export-line.ts';
import { openOfPlugin } from './open-store.ts';
import { hasPassword, parseStoreAddress } from './store-address.ts';

/** The options of `signalbox store info`, `export` and `vacuum`. */
export interface StoreCommandOptions {
  readonly store?: string;
  readonly bind: string;
  readonly json?: boolean;
}

/** `signalbox store info` */
export async function storeInfo(options: StoreCommandOptions, host: Host): Promise<ExitCode> {
  await using store = await openNamed(options, host, 'read');
  const info = await store.info();
  void host.stdout.write(options.json ? jsonLine(info) : infoLines(info));
  return 0;
}

/** `signalbox store export`: a line of JSON for each thing. */
export async function exportStore(options: StoreCommandOptions, host: Host): Promise<ExitCode> {
  await using store = await openNamed(options, host, 'read');
  for await (const item of transferOf(store).export()) {
    if (host.ending.signal.aborted) return host.ending.signal.reason;
    await host.stdout.write(exportLine(item));
  }
  return 0;
}

/** `signalbox store vacuum` */
export async function vacuumStore(options: StoreCommandOptions, host: Host): Promise<ExitCode> {
  await (await openNamed(options, host, 'read'))[Symbol.asyncDispose]();
  await using store = await openNamed(options, host, 'write');
  await transferOf(store).vacuum();
  return 0;
}

/** `signalbox store copy FROM TO` */
export async function copyStores(from: string, to: string, host: Host): Promise<ExitCode> {
  for (const address of [from, to]) {
    if (!hasPassword(address)) continue;
    throw new SignalboxError(
      'bad_usage',
      'an address here must have no password, which others could read; use PGPASSFILE',
    );
  }
  // A source that is not there must not be made.
  await (await open(from, 'read'))[Symbol.asyncDispose]();
  await using source = await open(from, 'write');
  await using target = await open(to, 'write');
  await copyStore(source, target);
  const { address, jobs } = await target.info();
  void host.stdout.write(
    `${printable(`${jobs} jobs are in ${address}; ${(await source.info()).address} is closed`)}\n`,
  );
  return 0;
}

async function openNamed({ store, bind }: StoreCommandOptions, host: Host, use: 'read' | 'write'): Promise<JobStore> {
  if (store !== undefined && store !== 'sqlite') return await open(store, use);
  const place = defaultStore(bind, host.env);
  if ('why' in place)
    throw new SignalboxError('unavailable', `there is no default store: ${place.why}; give it --store`);
  return await open(`sqlite:${place.path}`, use);
}

/** One that is only read is not made. */
async function open(address: string, use: 'read' | 'write'): Promise<JobStore> {
  const parsed = parseStoreAddress(address);
  if (parsed?.kind !== 'sqlite' || parsed.path === undefined) return await openOfPlugin(address, undefined);
  return await openSqliteStore({ path: parsed.path, readOnly: use === 'read' });
}

function infoLines({ holder, closed, ...info }: StoreInfo): string {
  const lines: [string, unknown][] = [
    ['address', info.address],
    ['id', info.id],
    ['version', info.schemaVersion],
    ['bytes in use', info.bytes],
    ['jobs', `${info.jobs}, without an outcome: ${info.unsettled}`],
    ['starts of servers', info.epochs],
    ['held, now or last, by', holder ? `${holder.endpoint} (process ${holder.pid} on ${holder.host})` : 'nobody'],
    ...(closed === undefined ? [] : [['closed', closed] satisfies [string, string]]),
  ];
  return lines.map(([name, value]) => `${printable(`${name}: ${value}`)}\n`).join('');
}
