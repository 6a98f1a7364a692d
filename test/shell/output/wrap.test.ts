import { expect, test } from 'vitest';
import { wrap } from '../../../src/shell/output/wrap.ts';

test.each<[title: string, text: string, columns: number, rows: string[]]>([
  ['what fits stays as it is', '  a  b  c', 9, ['  a  b  c']],
  ['a sentence is broken between words', 'one two three', 8, ['one two', '  three']],
  ['further in than it began', '  one two three', 10, ['  one two', '    three']],
  [
    'under its last column',
    '  ping      Ask the client for it',
    24,
    ['  ping      Ask the', '            client for', '            it'],
  ],
  ['unless that begins too far right', 'calculate SECONDS  Stand in', 22, ['calculate SECONDS', '  Stand in']],
  ['a word that is too long stays whole', 'see https://example.org/x', 10, ['see', '  https://example.org/x']],
  ['each line by itself', 'one two\nthree four', 7, ['one two', 'three', '  four']],
  ['a wide character takes two columns', '日本 日本 日本', 9, ['日本 日本', '  日本']],
])('%s', (_, text, columns, rows) => {
  expect(wrap(text, columns).split('\n')).toEqual(rows);
});
