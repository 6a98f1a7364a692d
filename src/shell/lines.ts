import { maxLineLength } from './parse.ts';

/**
 * Lines of a stream of UTF-8, as they come; the next is read when the one before has been taken. Bytes that are not UTF-8
 * become U+FFFD, which the parser refuses. Of a line over `maxLineLength` only so much is kept that the parser sees it is
 * too long.
 */
export async function* readLines(input: AsyncIterable<Uint8Array | string> | Iterable<string>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  const bounded = (text: string) => (text.length > maxLineLength ? text.slice(0, maxLineLength + 1) : text);
  for await (const chunk of input) {
    const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const [first = '', ...others] = text.split('\n');
    if (others.length === 0) {
      rest = bounded(rest + first);
      continue;
    }
    yield bounded(rest + first);
    const last = others.pop() ?? '';
    for (const line of others) yield line;
    rest = last;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
