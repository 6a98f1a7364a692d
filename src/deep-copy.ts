/** A copy of plain objects, arrays and bytes, all the way down. Other objects stay the same. */
export const deepCopy = <T>(value: T): T => copyOf(value, (copy) => copy) as T;

/** The same, frozen except for bytes: whoever gets it can change it for nobody else. */
export const frozenCopy = <T>(value: T): T => copyOf(value, Object.freeze) as T;

function copyOf(value: unknown, finish: (copy: object) => object): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return finish(value.map((item) => copyOf(item, finish)));
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  if (value instanceof Uint8Array) return value.slice();
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const copy: Record<string, unknown> = {};
  // A key `__proto__` would be no field of the copy.
  for (const key of Object.keys(value)) define(copy, key, copyOf((value as Record<string, unknown>)[key], finish));
  return finish(copy);
}

function define(copy: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') copy[key] = value;
  else Object.defineProperty(copy, key, { value, enumerable: true, writable: true, configurable: true });
}
