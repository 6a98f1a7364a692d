/** A job by its client, or by its place of `pick`, which may not have a client yet. */
export interface Placed {
  readonly client: string | null;
  readonly place?: number | undefined;
}

/** Replaces the client in the key of a place: `#1`. No client can have such a name. */
export const placeName = (place: number): string => `#${place}`;

export const isPlaceName = (text: string): boolean => text.startsWith('#');

/** Parses the name of a place; undefined for any other text. */
export function parsePlaceName(text: string): number | undefined {
  const [, digits] = /^#([1-9]\d{0,4})$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The client of a job as text: `#1` while it has none. */
export const clientText = ({ client, place = 0 }: Placed): string => client ?? placeName(place);

/** Identifies a job within its submission for its whole life: a place stays `#1` even after it has a client. */
export const keyText = ({ client, place }: Placed): string => (place === undefined ? (client ?? '') : placeName(place));

/** The key of a job as text: `k3v9q0ta2m7x.7/w1`, or `k3v9q0ta2m7x.7/#1` if it began as a place. */
export const jobKeyText = (job: Placed & { readonly id: string }): string => `${job.id}/${keyText(job)}`;

/** Parses the result of `keyText`. */
export function keyOfText(id: string, text: string): Placed & { readonly id: string } {
  const place = parsePlaceName(text);
  return place === undefined ? { id, client: text } : { id, client: null, place };
}
