import { readdirSync, readFileSync } from 'node:fs';

/** A frame and the verdict of its receiver; schemas/README.md describes the fields. */
export interface Vector {
  readonly name: string;
  readonly to: 'client' | 'server';
  readonly hex: string;
  readonly verdict: 'accept' | 'bad_message' | 'unsupported_protocol';
  readonly messages?: readonly unknown[];
}

const folder = new URL('../../schemas/conformance/', import.meta.url);

/** The vectors of each file, by file name. */
export const vectorFiles: readonly (readonly [string, readonly Vector[]])[] = readdirSync(folder)
  .sort()
  .map((file) => [file.replace('.json', ''), JSON.parse(readFileSync(new URL(file, folder), 'utf8'))]);

/** Bytes of `61 [0a*3]`, which are 61 0a 0a 0a. */
export function bytesOf(hex: string): Buffer {
  const whole = hex
    .replaceAll(' ', '')
    .replaceAll(/\[([0-9a-f]*)\*(\d+)\]/g, (_, run: string, times) => run.repeat(Number(times)));
  if (!/^([0-9a-f]{2})*$/.test(whole)) throw new Error(`${hex} is not hex`);
  return Buffer.from(whole, 'hex');
}

/** A value of `messages` in its form in memory. */
export function inMemory(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(inMemory);
  if (typeof json !== 'object' || json === null) return json;
  if ('$bytes' in json) return bytesOf(String(json.$bytes));
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, inMemory(value)]));
}
