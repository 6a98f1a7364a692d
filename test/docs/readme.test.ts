import { expect, test } from 'vitest';
import { read } from './markdown.ts';

/** Words outside code: without blocks, comments and the addresses of links. */
const wordsOf = (markdown: string): string[] =>
  markdown
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .replaceAll(/\]\([^)]*\)/g, ']')
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));

test('the README has at most 1,600 words outside code', () => {
  expect(wordsOf(read('README.md')).length).toBeLessThanOrEqual(1_600);
});

test('words in blocks, comments and addresses are not counted', () => {
  expect(wordsOf('One [two](three/four.md) — `five` <!-- six -->\n```sh\nseven\n```\n| --- |')).toEqual([
    'One',
    '[two]',
    '`five`',
  ]);
});
