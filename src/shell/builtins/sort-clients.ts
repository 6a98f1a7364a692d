import { naturally } from '../../natural-order.ts';
import type { ClientView } from '../../plugin/client-view.ts';

type Value = string | number | undefined;

/** Sort keys of `clients`. */
const byColumn: Readonly<Record<string, (client: ClientView) => Value>> = {
  name: ({ name }) => name,
  state: ({ state }) => state,
  heard: ({ silentMs }) => silentMs,
  'round-trip': ({ roundTripMs }) => roundTripMs,
  lag: ({ lagMs }) => lagMs,
  jobs: ({ runningJobs }) => runningJobs,
  version: ({ version }) => version,
};

export const sortColumns: readonly string[] = Object.keys(byColumn);

/**
 * Sorts by a column, then by name; clients without a value come last.
 * @param column one of `sortColumns`; a `-` before it sorts in descending order.
 * @returns undefined for an unknown column.
 */
export function sorterOf(column: string): ((clients: readonly ClientView[]) => ClientView[]) | undefined {
  const isReverse = column.startsWith('-');
  const name = isReverse ? column.slice(1) : column;
  const valueIn = Object.hasOwn(byColumn, name) ? byColumn[name] : undefined;
  if (!valueIn) return undefined;
  const direction = isReverse ? -1 : 1;
  return (clients) =>
    clients.toSorted((a, b) => {
      const [one, other] = [valueIn(a), valueIn(b)];
      if (one === undefined || other === undefined) {
        return Number(one === undefined) - Number(other === undefined) || naturally(a.name, b.name);
      }
      return direction * compare(one, other) || naturally(a.name, b.name);
    });
}

const compare = (a: string | number, b: string | number): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : naturally(String(a), String(b));
