import { codeToString } from '@connectrpc/connect/protocol-connect';
import { expect, test } from 'vitest';
import { statusOf } from '../../src/api/errors.ts';
import { read } from './markdown.ts';

test('docs/api.md has the status of each code', () => {
  const [, section = ''] = read('docs/api.md').split('## Statuses\n');
  const onPage = section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => {
      const [status = '', ...codes] = [...line.matchAll(/`(\w+)`/g)].map(([, word = '']) => word);
      return codes.filter((code) => code !== 'Error').map((code) => [code, status]);
    });
  const inCode = Object.entries(statusOf).map(([code, status]) => [code, codeToString(status)]);
  expect(Object.fromEntries(onPage)).toEqual(Object.fromEntries(inCode));
  expect(onPage).toHaveLength(inCode.length);
});
