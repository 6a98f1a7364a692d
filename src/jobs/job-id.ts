import type { MessageId } from '../../schemas/index.ts';

/** Internal id of a job: its counter if this server created it, otherwise the whole id. Messages use the same form. */
export type LocalId = MessageId;

/** Converts between whole ids, `EPOCH.COUNTER`, and internal ids. */
export class JobIds {
  private readonly prefix: string;

  constructor(bootId: string) {
    this.prefix = `${bootId}.`;
  }

  /** @returns NaN for an id with this server's prefix and an invalid counter. */
  local(id: LocalId): LocalId {
    return typeof id === 'string' && id.startsWith(this.prefix) ? counterIn(id, this.prefix.length) : id;
  }

  full(id: LocalId): string {
    return typeof id === 'string' ? id : this.prefix + id;
  }
}

/** The counter of an id. It increases within an epoch. */
export const counterOf = (id: LocalId): number => (typeof id === 'number' ? id : Number(id.slice(id.indexOf('.') + 1)));

/** The epoch of an id. Empty for this server. */
export const epochOf = (id: LocalId): string => (typeof id === 'number' ? '' : id.slice(0, id.indexOf('.')));

/** Whether a client must receive `id` after `other`: the ids of an epoch are sent to it in ascending order. */
export const isLater = (id: LocalId, other: LocalId): boolean =>
  epochOf(id) === epochOf(other) ? counterOf(id) > counterOf(other) : typeof id === 'number';

/** Parsed digit by digit: `Number` also accepts `1e3` and `007`, so that a job would have several ids. */
function counterIn(id: string, start: number): number {
  const length = id.length - start;
  if (length < 1 || length > 15 || id.charCodeAt(start) === zero) return Number.NaN;
  let counter = 0;
  for (let at = start; at < id.length; at += 1) {
    const digit = id.charCodeAt(at) - zero;
    if (digit < 0 || digit > 9) return Number.NaN;
    counter = counter * 10 + digit;
  }
  return counter;
}

const zero = 48;
