import { describe, expect, test } from 'vitest';
import { limits, limitTable } from '../../schemas/index.ts';

const table = Object.entries(limitTable);

describe('every limit', () => {
  test.each(table)('%s is a positive integer with a unit and a reason', (_name, { value, unit, prevents }) => {
    expect(Number.isSafeInteger(value) && value > 0).toBe(true);
    expect(unit.trim()).not.toBe('');
    expect(prevents.trim()).not.toBe('');
  });

  test('has its value under its name, which is read-only', () => {
    expect(Object.entries(limits)).toStrictEqual(table.map(([name, { value }]) => [name, value]));
    expect(Object.isFrozen(limits)).toBe(true);
  });

  test('of time is in milliseconds, and has the unit in its name', () => {
    const timed = table.filter(([, { unit }]) => unit === 'ms').map(([name]) => name);
    expect(timed).toStrictEqual(table.map(([name]) => name).filter((name) => name.endsWith('Ms')));
  });
});

describe('limits that depend on each other are in order', () => {
  const { heartbeatMs, quietMs, unresponsiveMs, sessionTimeoutMs, lostAfterMs } = limits;

  test('a client sends several signs of life before it is unresponsive, then its session ends, then its jobs are lost', () => {
    expect(unresponsiveMs).toBeGreaterThan(2 * quietMs);
    expect(unresponsiveMs).toBeGreaterThan(heartbeatMs);
    expect(sessionTimeoutMs).toBeGreaterThan(2 * heartbeatMs);
    expect(sessionTimeoutMs).toBeGreaterThan(unresponsiveMs);
    expect(lostAfterMs).toBeGreaterThan(sessionTimeoutMs);
  });

  test('a client that reconnects is back before its jobs are lost', () => {
    expect(limits.reconnectMaxMs + 2 * limits.handshakeMs + sessionTimeoutMs).toBeLessThan(lostAfterMs);
  });

  test('arguments, results and chunks of output fit into a message, together with the other fields', () => {
    const largest = Math.max(limits.maxArgsBytes, limits.maxResultBytes, limits.maxOutputChunkBytes);
    // A text takes up to three bytes per UTF-16 unit.
    expect(largest + limits.maxTextBytes).toBeLessThan(limits.maxMessageBytes / 2);
  });

  test('credit covers several chunks, and more of a stream is kept than can be in transit', () => {
    expect(limits.outputCreditBytes).toBeGreaterThanOrEqual(2 * limits.maxOutputChunkBytes);
    expect(limits.maxOutputKeptBytes).toBeGreaterThanOrEqual(limits.outputCreditBytes);
  });

  test('a full frame of the smallest messages is within the limit of values', () => {
    // `accepted` and `cancel`: the message, its type, its id.
    expect(1 + 3 * limits.maxBatchMessages).toBeLessThanOrEqual(limits.maxItems);
  });
});
