import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { read, root } from './markdown.ts';

/** Names, addresses and files on a page, where the program prints a given value. */
const given = /tcp:\S+|\b127\.0\.0\.1\b|\bkeys\/[\w./-]+|\bw\d(?:\.json)?\b|\b(?:run|keys|web-7|4711)\b|…|: /g;

const source = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => read(`src/${file}`))
  .join('\n')
  // Joins a text that was split in two.
  .replaceAll(/\$\{[^}]*\}/g, '◆');

/** The messages that a page lists: the first cell of its tables under `Error messages`. */
const messages = [
  ...read('docs/keys.md')
    .replace(/^[\s\S]*## Error messages/, '')
    .matchAll(/^\| `([^`]+)` \|/gm),
].map(([, message = '']) => message);

test.for(messages)('the program prints: %s', (message) => {
  const pieces = message.split(given).map((piece) => piece.trim().replace(/^[:;,] /, ''));
  const telling = pieces.filter((piece) => piece.length > 8);
  expect(telling.length).toBeGreaterThan(0);
  expect(telling.filter((piece) => !source.includes(piece))).toEqual([]);
});
