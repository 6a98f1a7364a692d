const alphabet = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/** Encodes bytes as Z85 (ZeroMQ RFC 32): five characters for every four bytes. */
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

/**
 * Decodes a text in Z85 (ZeroMQ RFC 32): five characters for every four bytes.
 * @throws RangeError if it is not Z85.
 */
export function decodeZ85(text: string): Buffer {
  if (text.length % 5 !== 0) throw new RangeError('the length is not a multiple of 5');
  const bytes = Buffer.alloc((text.length / 5) * 4);
  for (let group = 0; group * 5 < text.length; group += 1) {
    let value = 0;
    for (const character of text.slice(group * 5, group * 5 + 5)) {
      const digit = alphabet.indexOf(character);
      if (digit < 0) throw new RangeError('a character is not a digit of Z85');
      value = value * 85 + digit;
    }
    // Five characters can encode more than four bytes hold; then writeUInt32BE throws a RangeError.
    bytes.writeUInt32BE(value, group * 4);
  }
  return bytes;
}
