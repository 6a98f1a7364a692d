import { SignalboxError } from '../../schemas/index.ts';

/** The last job of a page. */
export interface Cursor {
  readonly number: number;
  readonly client: string;
  /** No smaller number is in the list. */
  readonly lowest?: number;
}

export const formatCursor = ({ number, client, lowest = 0 }: Cursor): string => `${number} ${client} ${lowest}`;

/** @throws SignalboxError `bad_usage` */
export function parseCursor(from: string): Cursor {
  const [, number, client, lowest] = /^(\d{1,16}) (\S+) (\d{1,16})$/.exec(from) ?? [];
  if (client === undefined) throw new SignalboxError('bad_usage', `${from} is not a valid page`);
  return { number: Number(number), client, lowest: Number(lowest) };
}
