import { setTimeout as passing } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { residentBytes } from '../support/process-stat.ts';
import type { Program } from '../support/processes.ts';
import type { Commander } from './commander-process.ts';
import { quantile } from './quantile.ts';
import { Scene } from './scene.ts';

const flood = 100_000;

/** Watches the memory of a process, ten times a second, until it is stopped. */
function watchMemory({ pid }: Program) {
  const beforeBytes = residentBytes(pid);
  let peakBytes = beforeBytes;
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, residentBytes(pid));
  }, 100);
  return {
    /** The growth since the start, in MiB. */
    grownMiB: () => (peakBytes - beforeBytes) / 2 ** 20,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/**
 * Pings `other` before, sends the flood to `slow`, which is `deaf` by then, and pings `other` for 4 s during and after it.
 * Asserts that memory and pings stay within bounds; what becomes of the flood is for the caller.
 */
async function floodBeside(commander: Commander, slow: string, deafen: () => void): Promise<void> {
  using memory = watchMemory(commander);
  await commander.order('pings', 'other', 500);
  const before = (await commander.order('pings', 'other', 3_000)).tookMs;
  deafen();
  const sending = commander.order('send', slow, flood);
  const during = (await commander.order('pings', 'other', 4_000)).tookMs;
  await sending;
  const [p50Before, p50During] = [quantile(before, 0.5), quantile(during, 0.5)];
  process.stderr.write(
    `${flood} commands for ${slow}: server + ${Math.round(memory.grownMiB())} MiB; ping of another client: p50` +
      ` ${p50Before.toFixed(2)} ms before, ${p50During.toFixed(2)} ms during (${(p50During / p50Before).toFixed(1)} times),` +
      ` p99 ${quantile(before, 0.99).toFixed(1)} and ${quantile(during, 0.99).toFixed(1)} ms\n`,
  );
  expect(p50During / p50Before).toBeLessThan(4);
  expect(memory.grownMiB()).toBeLessThan(500);
}

test('a client that is stopped under 100,000 commands costs bounded memory and affects no other; all are answered', async () => {
  await using scene = await Scene.open();
  const commander = scene.startCommander();
  const slow = scene.startClients('slow');
  scene.startClients('other');
  await commander.order('clients', 2);
  await floodBeside(commander, 'slow', () => slow.stop());
  slow.cont();
  const { counts, twice } = await commander.order('outcomes', flood - 1_000);
  // 1,000 run, and the others are refused.
  expect({ counts, twice }).toEqual({ counts: { busy: flood - 1_000 }, twice: 0 });
  await commander.order('terminate', 'slow');
  const end = await commander.order('outcomes', flood);
  expect(end).toMatchObject({ counts: { busy: flood - 1_000, cancelled: 1_000 }, twice: 0 });
});

test('a client that stops reading is given up; each of 100,000 commands for it ends once', async () => {
  await using scene = await Scene.open();
  const commander = scene.startCommander();
  const deaf = scene.startRawClients('deaf', 1, '--deaf');
  scene.startClients('other');
  await commander.order('clients', 2);
  await deaf.log.until('connected', ({ type }) => type === 'connected');
  await floodBeside(commander, 'deaf1', () => {});
  // After 10 s of silence its session ends, and 5 s later its jobs do.
  const { counts, twice } = await commander.order('outcomes', flood);
  expect(twice).toBe(0);
  expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(flood);
  expect(Object.keys(counts).toSorted()).toEqual(['lost', 'offline']);
  // The fate of sent commands is unknown; there are never more of them than this.
  expect(counts.lost).toBe(255);
});

test('a full queue rejects further commands as busy at once, and drops nothing', async () => {
  await using scene = await Scene.open();
  const commander = scene.startCommander();
  scene.startRawClients('full', 1, '--hold', '1000');
  await commander.order('clients', 1);
  using memory = watchMemory(commander);
  await commander.order('send', 'full1', 1_000);
  await passing(1_000);
  await commander.order('send', 'full1', 255 + 200_000 + 500);
  const full = await commander.order('outcomes', 500);
  expect(full).toMatchObject({ counts: { busy: 500 }, twice: 0 });
  process.stderr.write(`a full queue of 200,000 commands: server + ${Math.round(memory.grownMiB())} MiB\n`);
  expect(memory.grownMiB()).toBeLessThan(1_000);
});
