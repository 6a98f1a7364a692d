const digits = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/**
 * The bytes of a text in Z85 (ZeroMQ RFC 32): five characters for four bytes.
 * @throws RangeError where it is not Z85.
 */
export function decodeZ85(text: string): Buffer {
  if (text.length % 5 !== 0) throw new RangeError('the length is not a multiple of 5');
  const bytes = Buffer.alloc((text.length / 5) * 4);
  for (let group = 0; group * 5 < text.length; group += 1) {
    let value = 0;
    for (const character of text.slice(group * 5, group * 5 + 5)) {
      const digit = digits.indexOf(character);
      if (digit < 0) throw new RangeError('a character that is no digit of Z85');
      value = value * 85 + digit;
    }
    // Five characters can say more than four bytes hold: writeUInt32BE throws a RangeError.
    bytes.writeUInt32BE(value, group * 4);
  }
  return bytes;
}
