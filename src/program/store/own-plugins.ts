import type { StoreOpener } from '../../index.ts';
import { setUpPlugins } from '../../plugin/set-up.ts';

/** The opener of the project's own plug-in for such stores, loaded on demand. */
export async function ownOpener(scheme: string): Promise<StoreOpener | undefined> {
  if (scheme !== 'postgres' && scheme !== 'postgresql') return undefined;
  const { default: plugin } = await import('../../plugins/postgres/plugin.ts');
  const added = await setUpPlugins([plugin], { side: 'server' });
  return added.stores.get(scheme);
}
