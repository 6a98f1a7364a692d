import { Packr } from 'msgpackr';
import type { Random } from '../support/random.ts';
import { encodeOtherwise } from '../wire/other-encoder.ts';
import type { Corpus } from './corpus.ts';
import { bounds, hostileKeys, numbers, values } from './values.ts';

/** Can encode everything that msgpackr can, not only what the protocol has. */
const packr = new Packr({ useRecords: false, moreTypes: true, structuredClone: false, variableMapSize: true });

type Fields = Record<string, unknown>;
/** The place of a value in a message: its array or map, and its index or key there. */
type Place = { readonly list: unknown[]; readonly at: number } | { readonly map: Fields; readonly at: string };
type Change = (place: Place, random: Random, other: unknown) => void;

const isMap = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** All places in a value, those of its own elements or fields first. */
function placesIn(value: unknown): Place[] {
  const own: Place[] = Array.isArray(value)
    ? value.map((_, at) => ({ list: value, at }))
    : isMap(value)
      ? Object.keys(value).map((at) => ({ map: value, at }))
      : [];
  return own.concat(own.flatMap((place) => placesIn(valueAt(place))));
}

const valueAt = (place: Place): unknown => ('list' in place ? place.list[place.at] : place.map[place.at]);

/** Also under `__proto__`, as a key like any other. */
function set(map: Fields, key: string, value: unknown): void {
  Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
}

function replace(place: Place, value: unknown): void {
  if ('list' in place) place.list[place.at] = value;
  else set(place.map, place.at, value);
}

/** One of its own elements as often as a deeper one. */
function placeIn(message: unknown, random: Random): Place | undefined {
  const all = placesIn(message);
  const own = Array.isArray(message) ? message.length : Object.keys(message as Fields).length;
  return all[random.int(0, (random.int(0, 1) === 0 ? own : all.length) - 1)];
}

/** A copy, because its new container is changed further. */
function nodeOf(message: unknown, random: Random): unknown {
  const place = placeIn(message, random);
  return place && structuredClone(valueAt(place));
}

function nested(levels: number, random: Random): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = random.int(0, 1) === 0 ? [value] : { a: value };
  return value;
}

const changes: readonly [Change, ...Change[]] = [
  function number(place, random) {
    replace(place, random.pick(numbers));
  },
  /** At the front of a message it is another code, perhaps an unknown one. */
  function smallNumber(place, random) {
    replace(place, random.int(0, 70));
  },
  function value(place, random) {
    replace(place, random.pick(values)(random));
  },
  function bound(place, random) {
    replace(place, random.pick(bounds)(random));
  },
  function valueOfAnother(place, random, other) {
    replace(place, nodeOf(other, random));
  },
  function deeper(place, random) {
    replace(place, nested(random.int(1, 40), random));
  },
  function without(place) {
    if ('list' in place) place.list.splice(place.at, 1);
    else delete place.map[place.at];
  },
  function cutOff(place) {
    if ('list' in place) place.list.length = place.at;
    else for (const key of Object.keys(place.map)) if (key >= place.at) delete place.map[key];
  },
  function more(place, random, other) {
    const added = random.int(0, 1) === 0 ? nodeOf(other, random) : random.pick(values)(random);
    if ('list' in place) place.list.splice(place.at + random.int(0, 1), 0, added);
    else set(place.map, random.pick(hostileKeys), added);
  },
  /** A field that its message may not have, or that exists already. */
  function fieldOfAnother(place, random, other) {
    const fields = placesIn(other).filter((one) => 'map' in one);
    const one = fields[random.int(0, fields.length - 1)];
    const here = 'map' in place ? place.map : place.list.at(-1);
    if (!one || !('map' in one)) return;
    const value = structuredClone(valueAt(one));
    if (isMap(here)) set(here, one.at, value);
    else if ('list' in place) place.list.push({ [one.at]: value });
  },
  function swapped(place, random) {
    const value = valueAt(place);
    if ('list' in place) {
      const at = random.int(0, place.list.length - 1);
      replace(place, place.list[at]);
      place.list[at] = value;
    } else {
      const key = random.pick([place.at, ...Object.keys(place.map)]);
      replace(place, place.map[key]);
      set(place.map, key, value);
    }
  },
];

/** A message in bytes: numbers in any format, and occasionally a duplicate key, which no object can hold. */
function bytesOf(value: unknown, random: Random): Buffer {
  if (typeof value === 'number' && random.int(0, 1) === 0) return encodeOtherwise(value, random);
  if (Array.isArray(value))
    return Buffer.concat([head(0x90, value.length), ...value.map((one) => bytesOf(one, random))]);
  // As bytes, not as an extension of msgpackr.
  if (value instanceof Uint8Array) return packr.pack(Buffer.from(value));
  if (!isMap(value)) return packr.pack(value);
  const fields = Object.entries(value).flatMap(([key, one]) => [packr.pack(key), bytesOf(one, random)]);
  if (fields.length > 0 && random.int(0, 29) === 0)
    fields.push(fields[0] as Buffer, bytesOf(nodeOf(value, random), random));
  return Buffer.concat([head(0x80, fields.length / 2), ...fields]);
}

/** Of an array (0x90) or of a map (0x80). */
function head(fix: 0x80 | 0x90, length: number): Buffer {
  if (length < 16) return Buffer.from([fix | length]);
  const long = Buffer.alloc(5, fix === 0x90 ? 0xdd : 0xdf);
  long.writeUInt32BE(length, 1);
  return long;
}

const frameOf = (messages: readonly Buffer[]): Buffer => Buffer.concat([head(0x90, messages.length), ...messages]);

/** A frame whose first or last message has one to three changes in its fields; the other messages are intact. */
export function changeMessages({ messages }: Corpus, random: Random): Buffer {
  const message: unknown = structuredClone(random.pick(messages));
  for (let left = random.pick([1, 1, 2, 3]); left > 0; left -= 1) {
    const place = placeIn(message, random);
    if (place) random.pick(changes)(place, random, random.pick(messages));
  }
  const bytes = bytesOf(message, random);
  if (random.int(0, 99) === 0) {
    const copies = Math.max(2, Math.min(random.int(2, 1_100), Math.floor(1_000_000 / bytes.length)));
    return frameOf(Array<Buffer>(copies).fill(bytes));
  }
  if (random.int(0, 2) > 0) return frameOf([bytes]);
  const others = Array.from({ length: random.int(1, 4) }, () => bytesOf(random.pick(messages), random));
  return frameOf(random.int(0, 1) === 0 ? [bytes, ...others] : [...others, bytes]);
}
