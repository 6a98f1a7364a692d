import { type Options, Packr } from 'msgpackr';

const options: Options & { skipValues: unknown[] } = {
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  int64AsType: 'number',
  // Missing from the types of msgpackr. Absent fields stay absent.
  skipValues: [undefined],
};
const packr = new Packr(options);

/** Packs a value for storage and for transfer between threads. Absent values take no bytes. */
export const pack = (value: unknown): Uint8Array => packr.pack(value);

/** Unpacks a value. Bytes in it are views of `bytes`. */
export const unpack = (bytes: Uint8Array): unknown => packr.unpack(bytes);
