import { SignalboxError } from '../../schemas/index.ts';
import { decodeFrame, fromClient, fromServer } from '../../src/wire/codec.ts';
import { type Input, Inputs, type Kind, kinds } from './inputs.ts';
import { reachableMiB } from './memory.ts';

const maxInputMs = 50;
/** An input that took longer than this is tried again before it is believed. */
const doubtfulMs = 5;
/** What a run may hold more at its end than after its first tenth: nothing but noise of the collector. */
const maxGrowthMiB = 4;

interface DecodingFigures {
  readonly seed: number;
  readonly count: number;
  readonly verdicts: Record<Kind, Record<string, number>>;
  readonly slowest: { readonly index: number; readonly ms: number; readonly bytes: number };
  /** Inputs that took over `maxInputMs` once and, tried again, did not: it was the machine or the collector. */
  readonly pauses: number;
  /** After each tenth. */
  readonly heapMiB: readonly number[];
  readonly violations: readonly string[];
}

const directions = [fromClient, fromServer] as const;

/** What became of a frame, as either side reads it: a code of ours, or what must not be. */
function verdictOf(bytes: Buffer, direction: (typeof directions)[number]): string {
  try {
    decodeFrame<{ type: string }>(bytes, direction);
    return 'accepted';
  } catch (error) {
    return error instanceof SignalboxError ? error.code : `foreign: ${error}`;
  }
}

function timed<Value>(run: () => Value): [Value, number] {
  const fromMs = performance.now();
  const value = run();
  return [value, performance.now() - fromMs];
}

/** What it costs this thread at least: neither the collector nor others on this machine are in it. */
function workMs(run: () => unknown): number {
  const costs = Array.from({ length: 5 }, () => {
    const before = process.threadCpuUsage();
    run();
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1_000;
  });
  return Math.min(...costs);
}

/** Reads `count` hostile frames as both sides would. */
export function fuzzDecoding(seed: number, count: number): DecodingFigures {
  const inputs = new Inputs(seed);
  const verdicts = Object.fromEntries(kinds.map((kind) => [kind, {}])) as Record<Kind, Record<string, number>>;
  const violations: string[] = [];
  const heapMiB: number[] = [];
  let slowest = { index: 0, ms: 0, bytes: 0 };
  let pauses = 0;

  function read({ kind, bytes }: Input, index: number): void {
    for (const direction of directions) {
      const [verdict, tookMs] = timed(() => verdictOf(bytes, direction));
      if (tookMs > maxInputMs) pauses += 1;
      const ms =
        tookMs > doubtfulMs
          ? Math.min(
              tookMs,
              workMs(() => verdictOf(bytes, direction)),
            )
          : tookMs;
      if (ms > maxInputMs) violations.push(`input ${index} takes ${Math.round(ms)} ms of work, each time`);
      if (ms > slowest.ms) slowest = { index, ms, bytes: bytes.length };
      if (verdict !== 'accepted' && verdict !== 'bad_message') violations.push(`input ${index}: ${verdict}`);
      verdicts[kind][verdict] = (verdicts[kind][verdict] ?? 0) + 1;
    }
  }

  const tenth = Math.max(1, Math.floor(count / 10));
  for (let index = 0; index < count; index += 1) {
    read(inputs.at(index), index);
    if ((index + 1) % tenth === 0) heapMiB.push(reachableMiB());
  }
  const growth = (heapMiB.at(-1) ?? 0) - (heapMiB[0] ?? 0);
  if (growth > maxGrowthMiB) violations.push(`memory grew by ${growth.toFixed(1)} MiB`);
  if ('polluted' in {}) violations.push('a prototype was changed');
  return { seed, count, verdicts, slowest, pauses, heapMiB, violations };
}
