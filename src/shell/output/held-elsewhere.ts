import { fewNames, foldNames } from '../../fold-names.ts';
import type { ClientView } from '../../plugin/client-view.ts';

/** Notice about jobs that clients hold for other stores. Undefined without such jobs. */
export function heldElsewhere(clients: readonly Pick<ClientView, 'name' | 'elsewhere'>[]): string | undefined {
  const holders = clients.filter(({ elsewhere }) => elsewhere > 0);
  const count = holders.reduce((sum, { elsewhere }) => sum + elsewhere, 0);
  if (count === 0) return undefined;
  const names = foldNames(
    holders.map(({ name }) => name),
    fewNames,
  );
  const [jobs, them] = count === 1 ? ['1 job', 'it'] : [`${count} jobs`, 'them'];
  const [hold, stores] = holders.length === 1 ? ['holds', 'another store'] : ['hold', 'other stores'];
  return `${names} ${hold} ${jobs} of ${stores}; --adopt adopts ${them}`;
}
