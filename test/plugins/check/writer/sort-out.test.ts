import { expect, test } from 'vitest';
import { sortOut } from '../../../../src/plugins/check/writer/sort-out.ts';
import { message, result } from './messages.ts';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

test('a message of a later client, with more fields and another kind of error, is a result', () => {
  const { results, poison } = sortOut([message(json({ ...result({ errorKind: 'http3_failed' }), region: 'eu' }))]);
  expect([results.length, poison.length]).toEqual([1, 0]);
});

test.for([
  ['nothing', null, 'it has no value'],
  ['no JSON', Buffer.from('geheim'), 'it is not JSON'],
  ['another JSON', json('geheim'), 'it is not a result of a check: it: invalid_type'],
  ['another version', json({ ...result(), schema: 2 }), 'it is not a result of a check: schema: invalid_value'],
  [
    'a text where a number is',
    json({ ...result(), totalMs: 'geheim' }),
    'it is not a result of a check: totalMs: invalid_type',
  ],
  [
    'an address that is none',
    json({ ...result(), address: 'geheim' }),
    'it is not a result of a check: address: not an address',
  ],
  [
    'half of a character, which PostgreSQL would give back as another one,',
    json({ ...result(), check: 'geheim \ud800' }),
    'it is not a result of a check: check: not well-formed',
  ],
  ['more than a result is', Buffer.alloc(65_537, '0'), 'it is larger than 65536 bytes'],
] as const)('%s is poison: the reason is told, and nothing quoted', ([, value, reason]) => {
  const received = message(value);
  expect(sortOut([received])).toEqual({ results: [], poison: [{ received, reason }] });
});
