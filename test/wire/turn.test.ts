import { expect, test } from 'vitest';
import { Turn } from '../../src/wire/turn.ts';

/** Number of messages that are read in one turn. */
function messagesInTurn(turn: Turn): number {
  let count = 1;
  while (!turn.isOver()) count += 1;
  return count;
}

test('each turn reads the same number of messages', () => {
  const turn = new Turn();
  const turns = Array.from({ length: 4 }, () => messagesInTurn(turn));
  expect(new Set(turns)).toEqual(new Set([64]));
});

test('large frames make a turn shorter', () => {
  const turn = new Turn();
  expect(turn.isOverAfter(262_144)).toBe(false);
  expect(messagesInTurn(turn)).toBe(32);
  expect(turn.isOverAfter(1_048_576)).toBe(true);
});

test('empty frames end a turn, too', () => {
  const turn = new Turn();
  let frames = 1;
  while (!turn.isOverAfter(0)) frames += 1;
  expect(frames).toBe(1_024);
});
