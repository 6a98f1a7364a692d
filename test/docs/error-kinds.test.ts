import { expect, test } from 'vitest';
import { errorKinds } from '../../src/plugins/check/contracts/error-kinds.ts';
import { read } from './markdown.ts';

test('docs/checks.md has each error kind of a check with its meaning', () => {
  const [, table = ''] = read('docs/checks.md').split('<!-- error kinds -->\n');
  const rows = table.split('\n\n')[0]?.split('\n').slice(2);
  expect(rows).toEqual(Object.entries(errorKinds).map(([kind, meaning]) => `| \`${kind}\` | ${meaning} |`));
});
