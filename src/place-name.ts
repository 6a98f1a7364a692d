/** A job by its client, or as a place of `pick`, which may have none yet. */
export interface Placed {
  readonly client: string | null;
  readonly place?: number | undefined;
}

/** Stands for a client in the key of a place: `#1`. No client is called so. */
export const placeName = (place: number): string => `#${place}`;

export const isPlaceName = (text: string): boolean => text.startsWith('#');

/** The number of a place by its name; undefined for any other text. */
export function parsePlaceName(text: string): number | undefined {
  const [, digits] = /^#([1-9]\d{0,4})$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The client of a job for people: `#1` while it has none. */
export const clientText = ({ client, place = 0 }: Placed): string => client ?? placeName(place);

/** What tells a job from the others of its submission, for as long as it exists: `#1` also when it has got its client. */
export const keyText = ({ client, place }: Placed): string => (place === undefined ? (client ?? '') : placeName(place));

/** The key of a job: `k3v9q0ta2m7x.7/w1`, or `k3v9q0ta2m7x.7/#1` of one that began as a place. */
export const jobKeyText = (job: Placed & { readonly id: string }): string => `${job.id}/${keyText(job)}`;

/** The key of a job by `keyText`. */
export function keyOfText(id: string, text: string): Placed & { readonly id: string } {
  const place = parsePlaceName(text);
  return place === undefined ? { id, client: text } : { id, client: null, place };
}
