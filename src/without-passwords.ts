/** For a message that repeats what was given: an address in it may hold a password, and messages are kept in logs. */
export function withoutPasswords(message: string): string {
  return message.replaceAll(/(:\/*[^:@\s]*:).*@/gs, '$1…@').replaceAll(/(password\s*=\s*)[^\s&'"]+/gi, '$1…');
}
