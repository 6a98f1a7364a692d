import { SignalboxError } from '../../schemas/index.ts';

/** The last job of a page. */
export interface Cursor {
  readonly number: number;
  readonly client: string;
}

export const formatCursor = (number: number, client: string): string => `${number} ${client}`;

/** @throws SignalboxError `bad_usage` */
export function parseCursor(from: string): Cursor {
  const [, number, client] = /^(\d{1,15}) (\S+)$/.exec(from) ?? [];
  if (number === undefined || client === undefined) throw new SignalboxError('bad_usage', `there is no page ${from}`);
  return { number: Number(number), client };
}
