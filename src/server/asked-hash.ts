import { hash } from 'node:crypto';

/** What a submission with a key requests. */
export interface Wanted {
  readonly targets: readonly string[];
  readonly command: string;
  readonly args: object;
  /** Number of clients to choose. Undefined: all. */
  readonly pick?: number | undefined;
}

/** SHA-256 of a request, in hexadecimal. The order of fields has no effect. */
export function askedHash({ targets, command, args, pick }: Wanted): string {
  return hash('sha256', canonical([targets, command, args, ...(pick === undefined ? [] : [pick])]));
}

/** Each kind of value has its own form, so that different values never look alike. */
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
