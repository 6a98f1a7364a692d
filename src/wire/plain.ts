import { type Options, Packr } from 'msgpackr';
import { SignalboxError } from '../../schemas/index.ts';

const options: Options & { skipValues: unknown[] } = {
  useRecords: false,
  structuredClone: false,
  mapsAsObjects: true,
  variableMapSize: true,
  int64AsType: 'number',
  // Missing from msgpackr's types. Without it an absent field is encoded as an extension type.
  skipValues: [undefined],
};
// One for the whole process: creating one costs more than a thousand messages.
const packr = new Packr(options);

/** Decodes the value between two positions, which the caller has scanned. @throws SignalboxError `bad_message` */
export function unpack(bytes: Buffer, start: number, end: number): unknown {
  try {
    return packr.unpack(bytes.subarray(start, end));
  } catch (error) {
    throw SignalboxError.from(error, 'bad_message');
  }
}

/** Converts the errors of msgpackr for symbols, large bigints and cyclic values. @throws SignalboxError `bad_message` */
export function pack(value: unknown): Buffer {
  let packed: Buffer;
  try {
    packed = packr.pack(value);
  } catch (error) {
    throw SignalboxError.from(error, 'bad_message');
  }
  // In short texts msgpackr writes a lone surrogate unchanged, which is not UTF-8; in long ones it replaces it.
  if (packed.length > longText && packed.includes(replacement) && !isWellFormed(value)) {
    throw new SignalboxError('bad_message', 'a text is not well-formed Unicode');
  }
  return packed;
}

const longText = 64;
const replacement = Buffer.from('\ufffd');

/** The value can be packed, so it is not cyclic. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return true;
  const parts = value instanceof Map ? [...value].flat() : Object.entries(value).flat();
  return parts.every(isWellFormed);
}
