import { describe, expect, test } from 'vitest';
import { nearest } from '../src/nearest.ts';

const commands = ['start', 'stop', 'terminate', 'ping', 'calculate', 'clients', 'use', 'jobs', 'logs'];

describe('the command that was probably meant', () => {
  test.each([
    ['pnig', 'ping', 'two letters swapped'],
    ['pin', 'ping', 'one left out'],
    ['pingg', 'ping', 'one too many'],
    ['pong', 'ping', 'one replaced'],
    ['clacluate', 'calculate', 'two swaps'],
    ['STOP', 'stop', 'capital letters'],
    ['ping', 'ping', 'nothing wrong'],
    ['term', 'terminate', 'the only one that begins so'],
    ['u', 'use', 'the only one that begins so'],
  ])('%s is %s: %s', (word, meant) => {
    expect(nearest(word, commands)).toBe(meant);
  });

  test.each([
    ['', 'nothing was typed'],
    ['xyzzy', 'nothing is near'],
    ['c', 'two begin so'],
    ['st', 'two begin so, and two letters are no evidence'],
    ['xy', 'any two letters are two replacements away'],
    ['calculate'.repeat(1_000), 'it is far too long'],
  ])('for %.12s there is none: %s', (word) => {
    expect(nearest(word, commands)).toBeUndefined();
  });

  test('is the nearest rather than the first, and the first among equals', () => {
    expect(nearest('abcd', ['abxy', 'abcx'])).toBe('abcx');
    expect(nearest('abcd', ['abcx', 'abcy'])).toBe('abcx');
  });

  test('is a plural rather than a longer word that begins so', () => {
    expect(nearest('retry', ['retries', 'retryLost'])).toBe('retries');
  });

  test('is undefined without candidates', () => {
    expect(nearest('ping', [])).toBeUndefined();
  });
});
