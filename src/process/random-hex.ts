/** Random hexadecimal digits, two for each byte. It uses the global `crypto`, because `node:crypto` would load 4 MiB. */
export function randomHex(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex');
}
