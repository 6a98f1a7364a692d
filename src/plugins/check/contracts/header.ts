/** Headers that Node's HTTP sets itself; other values would change the meaning of the request. */
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

/** `NAME: VALUE`. @returns undefined if a request may not have this header. */
export function parseHeader(line: string): readonly [name: string, value: string] | undefined {
  const [, name = '', value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}):[\t ]*([\t\x20-\x7e\x80-\xff]*)$/.exec(line) ?? [];
  return value === undefined || reserved.has(name.toLowerCase()) ? undefined : [name, value.trimEnd()];
}

export const headerForm = 'NAME: VALUE in one line, not one of the connection itself';
