const alphabet = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/** Bytes in Z85 (RFC 32 of ZeroMQ): five characters for every four bytes. */
export function encodeZ85(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    let value = bytes.readUInt32BE(at);
    let five = '';
    for (let digit = 0; digit < 5; digit += 1) {
      five = alphabet[value % 85] + five;
      value = Math.floor(value / 85);
    }
    text += five;
  }
  return text;
}
