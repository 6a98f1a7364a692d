import { maxLineLength } from './parse.ts';

/**
 * Yields the lines of a UTF-8 stream; the next is read after the previous one was consumed. Bytes that are not UTF-8
 * become U+FFFD, which the parser refuses. A line longer than `maxLineLength` is yielded at once, cut one character past
 * the limit so that the parser refuses it. Its rest is dropped, so that an endless line does not block the reader.
 */
export async function* readLines(input: AsyncIterable<Uint8Array | string> | Iterable<string>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let isCut = false;
  for await (const chunk of input) {
    const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const parts = text.split('\n');
    for (const [index, part] of parts.entries()) {
      const isWhole = index < parts.length - 1;
      if (!isCut) rest += part;
      if (!isCut && (isWhole || rest.length > maxLineLength)) {
        yield rest.slice(0, maxLineLength + 1);
        rest = '';
        isCut = true;
      }
      if (isWhole) isCut = false;
    }
  }
  rest += decoder.decode();
  if (rest !== '' && !isCut) yield rest;
}
