import { ground, type Row } from './table.ts';

/** Draws the places of the table as floors, highest first: each place imports only from lower floors. */
export function drawHouse(table: readonly Row[]): string {
  const below = new Map(table.map((row) => [row.place, placesOf(row, table)]));
  const floorOf = (place: string): number => 1 + Math.max(0, ...(below.get(place) ?? []).map(floorOf));
  const reaches = (from: string, to: string): boolean =>
    (below.get(from) ?? []).some((one) => one === to || reaches(one, to));
  const lines = table.map(({ place }) => {
    const direct = below.get(place) ?? [];
    const arrows = direct.filter((one) => !direct.some((other) => reaches(other, one)));
    const to = arrows.length === 0 ? '' : ` → ${arrows.map(shortName).join(', ')}`;
    return { floor: floorOf(place), text: `${shortName(place).padEnd(8)}${to}`.trimEnd() };
  });
  const floors = [...Map.groupBy(lines, ({ floor }) => floor)].sort(([a], [b]) => b - a);
  const drawn = floors.flatMap(([floor, places]) =>
    places.map(({ text }, at) => `${at === 0 ? String(floor).padStart(2) : '  '}  ${text}`),
  );
  return ['```text', ...drawn, '```'].join('\n');
}

/** The places that a row may import from; a single file counts as its place. */
function placesOf({ place, imports }: Row, table: readonly Row[]): string[] {
  const known = new Set(table.map((row) => row.place));
  const places = imports.flatMap((one) => (one === 'ground' ? ground : known.has(one) ? one : 'src/*.ts'));
  return [...new Set(places)].filter((one) => one !== place);
}

const shortName = (place: string): string => place.replace(/^src\//, '');
