import type { Line } from '../../support/line-log.ts';

export const isOutput = ({ type }: Line): boolean => type === 'output';
export const isResult = ({ type }: Line): boolean => type === 'result';
export const isConnected = ({ data }: Line): boolean => data?.includes('is connected') ?? false;

/** One line of each job. */
export function ofEach(matches: (line: Line) => boolean): (line: Line) => boolean {
  const seen = new Set<string>();
  return (line) => {
    if (!matches(line) || line.id === undefined || seen.has(line.id)) return false;
    seen.add(line.id);
    return true;
  };
}
