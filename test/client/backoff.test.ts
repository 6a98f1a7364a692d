import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { limits, SignalboxError } from '../../schemas/index.ts';
import { Backoff } from '../../src/client/backoff.ts';

const unreachable = { welcomed: false, error: new SignalboxError('cannot_connect', 'nobody listens there') };
const cut = { welcomed: true, error: new SignalboxError('cannot_connect', 'the connection ended') };
const refused = { welcomed: true, error: new SignalboxError('bad_message', 'so it is') };

beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(1));
afterEach(() => void vi.restoreAllMocks());

test('the delay doubles with each failure, up to the limit', () => {
  const backoff = new Backoff();
  const waits = Array.from({ length: 7 }, () => backoff.nextMs(unreachable));
  expect(waits).toStrictEqual([200, 400, 800, 1_600, ...Array(3).fill(limits.reconnectMaxMs)]);
});

test('after an open session breaks, the delay starts small again', () => {
  const backoff = new Backoff();
  for (let failure = 0; failure < 5; failure += 1) backoff.nextMs(unreachable);
  expect([cut, unreachable, cut].map((end) => backoff.nextMs(end))).toStrictEqual([100, 200, 100]);
});

test('a session that ended because of its messages counts as a failure', () => {
  const backoff = new Backoff();
  expect([refused, refused, refused].map((end) => backoff.nextMs(end))).toStrictEqual([200, 400, 800]);
});

test('delays are evenly distributed between zero and the maximum', () => {
  const random = vi.spyOn(Math, 'random');
  expect(
    [0, 0.25, 0.5].map((chance) => {
      random.mockReturnValue(chance);
      return new Backoff().nextMs(unreachable);
    }),
  ).toStrictEqual([0, 50, 100]);
});
