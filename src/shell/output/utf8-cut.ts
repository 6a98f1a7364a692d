const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/** Number of bytes at the end, 0 to 3, that begin a UTF-8 character without completing it. */
export function unfinishedLength(data: Uint8Array): number {
  for (let length = 1; length <= Math.min(3, data.length); length += 1) {
    const byte = data[data.length - length] ?? 0;
    if (isContinuation(byte)) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return byte >= 0xc2 && byte <= 0xf4 && needed > length ? length : 0;
  }
  return 0;
}

/** Number of bytes at the start, 0 to 3, that belong to a UTF-8 character that begins before them. */
export function continuedLength(data: Uint8Array): number {
  let length = 0;
  while (length < 3 && isContinuation(data[length])) length += 1;
  return length;
}
