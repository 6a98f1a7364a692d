/**
 * The meaning of a head byte of msgpack: https://github.com/msgpack/msgpack/blob/master/spec.md. `size` bytes follow
 * it; for text, binary, extension, array and map, these are the length.
 */
export interface Head {
  readonly kind:
    | 'fixed'
    | 'float'
    | 'integer64'
    | 'text'
    | 'binary'
    | 'array'
    | 'map'
    | 'extension'
    | 'fixedExtension'
    | 'unused';
  readonly size: number;
}

const of = (kind: Head['kind'], size: number): Head => ({ kind, size });

const unused = of('unused', 0);

/** The heads from 0xc0 to 0xdf. */
const heads: readonly Head[] = [
  of('fixed', 0), // nil
  unused,
  of('fixed', 0), // false
  of('fixed', 0), // true
  of('binary', 1),
  of('binary', 2),
  of('binary', 4),
  of('extension', 1),
  of('extension', 2),
  of('extension', 4),
  of('float', 4),
  of('float', 8),
  of('fixed', 1), // uint 8
  of('fixed', 2),
  of('fixed', 4),
  of('integer64', 8),
  of('fixed', 1), // int 8
  of('fixed', 2),
  of('fixed', 4),
  of('integer64', 8),
  of('fixedExtension', 2), // type and 1 byte of data
  of('fixedExtension', 3),
  of('fixedExtension', 5),
  of('fixedExtension', 9),
  of('fixedExtension', 17),
  of('text', 1),
  of('text', 2),
  of('text', 4),
  of('array', 2),
  of('array', 4),
  of('map', 2),
  of('map', 4),
];

/** @param byte from 0xc0 to 0xdf. Other bytes hold a small number, or the length of a short text, array or map. */
export const headOf = (byte: number): Head => heads[byte - 0xc0] ?? unused;
