import type { MessageId } from '../../schemas/index.ts';

/** Internal id of a job: its counter if it is of this server, else the whole id. So it travels, too. */
export type LocalId = MessageId;

/** Converts between ids in full, `EPOCH.COUNTER`, and internal ids. */
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

/** Rises within an epoch. */
export const counterOf = (id: LocalId): number => (typeof id === 'number' ? id : Number(id.slice(id.indexOf('.') + 1)));

/** Empty for this server. */
export const epochOf = (id: LocalId): string => (typeof id === 'number' ? '' : id.slice(0, id.indexOf('.')));

/** Whether a client that is to have both gets this one second: the ids of an epoch come to it in rising order. */
export const isLater = (id: LocalId, other: LocalId): boolean =>
  epochOf(id) === epochOf(other) ? counterOf(id) > counterOf(other) : typeof id === 'number';

/** Read digit by digit: `Number` also takes `1e3` and `007`, and one job would have several ids. */
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
