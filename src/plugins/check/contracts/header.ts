/** What Node's HTTP decides for itself: with other values a request would not be the one that was meant. */
const reserved = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** `NAME: VALUE`. @returns undefined for what is no header that a request may have. */
export function parseHeader(line: string): readonly [name: string, value: string] | undefined {
  const [, name = '', value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}):[\t ]*([\t\x20-\x7e\x80-\xff]*)$/.exec(line) ?? [];
  return value === undefined || reserved.has(name.toLowerCase()) ? undefined : [name, value.trimEnd()];
}

export const headerForm = 'NAME: VALUE in one line, not one of the connection itself';
