import { apiLimits } from './api-limits.ts';

/** Divides a list into parts that fit into a message, if each item does. An empty list has no parts. */
export function* parts<Item>(items: readonly Item[], sizeOf: (item: Item) => number): Generator<Item[]> {
  let part: Item[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (part.length > 0 && (bytes + size > apiLimits.maxMessageBytes || part.length === 1_000)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(item);
    bytes += size;
  }
  if (part.length > 0) yield part;
}
