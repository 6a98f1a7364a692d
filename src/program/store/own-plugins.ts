import type { StoreOpener } from '../../index.ts';
import { setUpPlugins } from '../../plugin/set-up.ts';

/** The project's own plug-in that opens such stores: loaded where one is named. */
export async function ownOpener(scheme: string): Promise<StoreOpener | undefined> {
  if (scheme !== 'postgres' && scheme !== 'postgresql') return undefined;
  const { default: plugin } = await import('../../plugins/postgres/plugin.ts');
  const added = await setUpPlugins([plugin], { side: 'server' });
  return added.stores.get(scheme);
}
