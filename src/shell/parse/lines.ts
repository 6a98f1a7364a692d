import { maxLineLength } from './parse.ts';

/**
 * Lines of a stream of UTF-8, as they come; the next is read when the one before has been taken. Bytes that are not
 * UTF-8 become U+FFFD, which the parser refuses. A line over `maxLineLength` comes as soon as it is so long, cut where
 * the parser sees that; its rest is dropped, so that a line without an end does not hold its reader.
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
