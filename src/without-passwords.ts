/** Removes passwords from a message that quotes its input, such as an address, because messages are logged. */
export function withoutPasswords(message: string): string {
  return message.replaceAll(/(:\/*[^:@\s]*:).*@/gs, '$1…@').replaceAll(/(password\s*=\s*)[^\s&'"]+/gi, '$1…');
}
