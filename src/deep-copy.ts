/** Copies plain objects, arrays and bytes deeply. Other objects are shared with the original. */
export const deepCopy = <T>(value: T): T => copyOf(value, (copy) => copy) as T;

/** A deep copy that is frozen, except for bytes, so that a receiver cannot change it for others. */
export const frozenCopy = <T>(value: T): T => copyOf(value, Object.freeze) as T;

function copyOf(value: unknown, finish: (copy: object) => object): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return finish(value.map((item) => copyOf(item, finish)));
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  if (value instanceof Uint8Array) return value.slice();
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const copy: Record<string, unknown> = {};
  // Assigning to `__proto__` would set the prototype instead of adding a field.
  for (const key of Object.keys(value)) define(copy, key, copyOf((value as Record<string, unknown>)[key], finish));
  return finish(copy);
}

function define(copy: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') copy[key] = value;
  else Object.defineProperty(copy, key, { value, enumerable: true, writable: true, configurable: true });
}
