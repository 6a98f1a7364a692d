/** Expected statuses, as ranges: `200-299,304`. */
type Statuses = readonly (readonly [least: number, most: number])[];

/** @returns undefined if the text is not a list of statuses. */
export function parseStatuses(text: string): Statuses | undefined {
  const ranges = text.split(',').map((part): [number, number] | undefined => {
    const [, least, most = least] = /^([1-9]\d\d)(?:-([1-9]\d\d))?$/.exec(part) ?? [];
    return least === undefined || Number(least) > Number(most) ? undefined : [Number(least), Number(most)];
  });
  return ranges.every((range) => range !== undefined) ? ranges : undefined;
}

export const isExpected = (status: number, statuses: Statuses): boolean =>
  statuses.some(([least, most]) => status >= least && status <= most);
