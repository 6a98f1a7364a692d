/** Approximate size of a JSON value or of bytes, in bytes of memory. */
export function sizeOfValue(value: unknown): number {
  if (typeof value === 'string') return 16 + value.length;
  if (typeof value !== 'object' || value === null) return 16;
  if (ArrayBuffer.isView(value)) return 16 + value.byteLength;
  let bytes = 16;
  for (const [key, one] of Object.entries(value)) bytes += key.length + sizeOfValue(one);
  return bytes;
}
