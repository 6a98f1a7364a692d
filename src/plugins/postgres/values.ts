import { type Options, Packr } from 'msgpackr';

const options: Options & { skipValues: unknown[] } = {
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  int64AsType: 'number',
  // Missing from msgpackr's types. An absent field stays absent.
  skipValues: [undefined],
};
const packr = new Packr(options);

export type Blob = Buffer | null;

/** Packs a value as msgpack: JSON does not support bytes, and `jsonb` does not support NUL. */
export const pack = (value: unknown): Buffer => Buffer.from(packr.pack(value));

export const packObject = (value: object): Blob => (Object.keys(value).length === 0 ? null : pack(value));

export const unpack = <Value>(bytes: Uint8Array): Value => packr.unpack(bytes) as Value;

/** Escapes NUL, which a text of PostgreSQL cannot hold: its batch would fail forever. Keeps the order of texts. */
export const toText = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are escaped.
  text.replaceAll(/[\u0000\u0001]/g, (char) => (char === '\u0000' ? '\u00010' : '\u00011'));

export const fromText = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what was escaped.
  text.replaceAll(/\u0001([01])/g, (_, digit) => (digit === '0' ? '\u0000' : '\u0001'));
