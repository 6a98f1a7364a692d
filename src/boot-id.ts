import { randomHex } from './process/random-hex.ts';

/** Returns a new boot id: 12 random characters of `[0-9a-z]`. Each start of a server or client has its own. */
export function createBootId(): string {
  return BigInt(`0x${randomHex(8)}`)
    .toString(36)
    .padStart(12, '0')
    .slice(-12);
}
