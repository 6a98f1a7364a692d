import { randomHex } from './process/random-hex.ts';

/** A new boot id: 12 characters of `[0-9a-z]`, random. One for each start of a server or client. */
export function createBootId(): string {
  return BigInt(`0x${randomHex(8)}`)
    .toString(36)
    .padStart(12, '0')
    .slice(-12);
}
