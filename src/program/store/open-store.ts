import { type JobStore, openSqliteStore, SignalboxError, type StoreOpener } from '../../index.ts';
import { withoutPasswords } from '../../without-passwords.ts';
import { type DefaultStore, defaultStore } from './default-store.ts';
import { addressForm, parseStoreAddress } from './store-address.ts';

/** Openers of plug-ins, by scheme of their addresses. */
export type StoreOpeners = ReadonlyMap<string, StoreOpener>;

export interface StoreOptions {
  readonly store?: string;
  readonly storeSync?: 'normal' | 'full';
}

/**
 * Opens the store of a server.
 * @param own.endpoint where other programs find the server; undefined if it has only its own clients, or an arbitrary port.
 * @param own.warn called with the reason if jobs are kept in memory although that was not requested.
 * @returns undefined for memory.
 * @throws SignalboxError `unavailable`, `bad_store`, `bad_usage`
 */
export async function openServerStore(
  { store, storeSync }: StoreOptions,
  own: {
    readonly endpoint: string | undefined;
    readonly env: NodeJS.ProcessEnv;
    readonly openers?: StoreOpeners | undefined;
    readonly warn: (reason: string) => void;
  },
): Promise<JobStore | undefined> {
  const { endpoint, env, openers, warn } = own;
  if (store === undefined) {
    if (endpoint === undefined) return undefined;
    const place = defaultStore(endpoint, env);
    if ('path' in place) return await openSqliteStore({ path: place.path, sync: storeSync ?? 'normal' });
    warn(`jobs are kept in memory only: ${place.why}; give another place with --store`);
    return undefined;
  }
  const address = parseStoreAddress(store);
  if (address?.kind === 'memory') return undefined;
  if (address?.kind === 'sqlite') {
    const path = address.path ?? pathOf(endpoint === undefined ? noEndpoint : defaultStore(endpoint, env));
    return await openSqliteStore({ path, sync: storeSync ?? 'normal' });
  }
  return await openOfPlugin(store, openers, { readOnly: false });
}

/**
 * Opens a store for `signalbox store`; a store that is only read is not created.
 * @param address default: the store of the server at `endpoint`, as for `sqlite`.
 */
export async function openStore(
  address = 'sqlite',
  {
    endpoint,
    env,
    openers,
    use,
  }: { endpoint: string; env: NodeJS.ProcessEnv; openers: StoreOpeners | undefined; use: 'read' | 'write' },
): Promise<JobStore> {
  const parsed = parseStoreAddress(address);
  if (parsed?.kind === 'memory')
    throw new SignalboxError('bad_usage', 'a store in memory ends with its server; give another store');
  if (parsed?.kind !== 'sqlite') return await openOfPlugin(address, openers, { readOnly: use === 'read' });
  const path = parsed.path ?? pathOf(defaultStore(endpoint, env));
  return await openSqliteStore({ path, readOnly: use === 'read' });
}

const noEndpoint = { why: 'it has no endpoint of its own' };

function pathOf(place: DefaultStore): string {
  if ('path' in place) return place.path;
  throw new SignalboxError('unavailable', `there is no default store: ${place.why}; give one, such as sqlite:PATH`);
}

/** @throws SignalboxError `bad_usage` if no plug-in opens it. */
async function openOfPlugin(
  store: string,
  openers: StoreOpeners | undefined,
  use: { readonly readOnly: boolean },
): Promise<JobStore> {
  const address = parseStoreAddress(store);
  if (address?.kind !== 'plugin') {
    throw new SignalboxError('bad_usage', withoutPasswords(`'${store}' is not a store; use ${addressForm}`));
  }
  const { ownOpener } = await import('./own-plugins.ts');
  const open = openers?.get(address.scheme) ?? (await ownOpener(address.scheme));
  if (open) return await open(store, use);
  throw new SignalboxError('bad_usage', `no plug-in opens a store of ${address.scheme}://; load one with --plugin`);
}
