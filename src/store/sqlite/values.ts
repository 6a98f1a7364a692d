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

/** A value as it is stored, and as it travels between threads. Absent values have no bytes. */
export const pack = (value: unknown): Uint8Array => packr.pack(value);

/** Bytes in it are views of `bytes`. */
export const unpack = (bytes: Uint8Array): unknown => packr.unpack(bytes);
