import { expect, test } from 'vitest';
import { operatorCalls } from '../../src/plugin/operator-calls.ts';

test.each([
  [1e300, 'no date'],
  [8_640_000_000_000_001, 'later than the last date that there is'],
  [1_795_999_999_999.5, 'in the middle of a millisecond'],
])('a time of %d ms is refused: it is %s, and no list could show it', (expiresMs) => {
  const request = (at: number) => operatorCalls.add.request.safeParse({ name: 'ada', role: 'viewer', expiresMs: at });
  expect(request(expiresMs).success).toBe(false);
  expect(request(8_640_000_000_000_000).success).toBe(true);
});
