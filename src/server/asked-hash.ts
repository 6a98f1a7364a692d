import { hash } from 'node:crypto';

/** What a submission with a key asks for. */
export interface Wanted {
  readonly targets: readonly string[];
  readonly command: string;
  readonly args: object;
  /** Number of clients to choose; undefined: all. */
  readonly pick?: number | undefined;
}

/** SHA-256 of what was asked for, in hexadecimal. The order of fields does not count. */
export function askedHash({ targets, command, args, pick }: Wanted): string {
  return hash('sha256', canonical([targets, command, args, ...(pick === undefined ? [] : [pick])]));
}

/** Each kind of value has a form of its own: what differs never looks alike. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value instanceof Uint8Array) return `<${Buffer.from(value).toString('base64')}>`;
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'string' ? JSON.stringify(value) : `${typeof value}:${String(value)}`;
  }
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join()}}`;
}
