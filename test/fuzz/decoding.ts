import { isDeepStrictEqual } from 'node:util';
import { clientLayouts, type Layout, SignalboxError, serverLayouts } from '../../schemas/index.ts';
import { decodeFrame } from '../../src/wire/decode-frame.ts';
import { fromClient, fromServer } from '../../src/wire/message-readers.ts';
import { offeredProtocol } from '../../src/wire/offered-protocol.ts';
import { decodeGenerically, genericFromClient, genericFromServer } from '../wire/generic-decode.ts';
import { type Input, Inputs, type Kind, kinds } from './inputs.ts';
import { reachableMiB } from './memory.ts';

const maxInputMs = 50;
/** An input that took longer than this is tried again before it counts as slow. */
const doubtfulMs = 5;
/** The allowed growth of a run after its first tenth: only noise of the collector. */
const maxGrowthMiB = 4;

interface DecodingFigures {
  readonly seed: number;
  readonly count: number;
  readonly verdicts: Record<Kind, Record<string, number>>;
  /** Messages that were read, by type. */
  readonly read: Record<string, number>;
  /** Refusals, by message and field: `job.offsets`. */
  readonly refused: Record<string, number>;
  readonly slowest: { readonly index: number; readonly ms: number; readonly bytes: number };
  /** Inputs that took over `maxInputMs` once but not when repeated: the machine or the collector was slow. */
  readonly pauses: number;
  /** After each tenth. */
  readonly heapMiB: readonly number[];
  readonly violations: readonly string[];
}

type Messages = readonly { readonly type: string }[];

/** How each side reads a frame, and how the document says that it must be read. */
const sides: readonly { decode(bytes: Buffer): Messages; generic(bytes: Buffer): unknown }[] = [
  {
    decode: (bytes) => decodeFrame<{ type: string }>(bytes, fromClient),
    generic: (bytes) => decodeGenerically(bytes, genericFromClient),
  },
  {
    decode: (bytes) => decodeFrame<{ type: string }>(bytes, fromServer),
    generic: (bytes) => decodeGenerically(bytes, genericFromServer),
  },
];

/** What `run` returns or throws. */
function attempt<Value>(run: () => Value): { value: Value } | { error: unknown } {
  try {
    return { value: run() };
  } catch (error) {
    return { error };
  }
}

/** Accepted, an error code of Signalbox, or a violation. */
function verdictOf(outcome: { value: unknown } | { error: unknown }): string {
  if ('value' in outcome) return 'accepted';
  return outcome.error instanceof SignalboxError ? outcome.error.code : `foreign: ${outcome.error}`;
}

function timed<Value>(run: () => Value): [Value, number] {
  const fromMs = performance.now();
  const value = run();
  return [value, performance.now() - fromMs];
}

/** The minimum cost for this thread: without the collector and other load of this machine. */
function workMs(run: () => unknown): number {
  const costs = Array.from({ length: 5 }, () => {
    const before = process.threadCpuUsage();
    run();
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1_000;
  });
  return Math.min(...costs);
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

/**
 * Reads `count` hostile frames as both sides would. Each must be fast, and refused with an error code of Signalbox or
 * read exactly as a generic decoder with the schemas reads it. Also looks for the version in each, as a server does.
 */
export function fuzzDecoding(seed: number, total: number): DecodingFigures {
  const inputs = new Inputs(seed);
  const verdicts = Object.fromEntries(kinds.map((kind) => [kind, {}])) as Record<Kind, Record<string, number>>;
  const read: Record<string, number> = {};
  const refused: Record<string, number> = {};
  const violations: string[] = [];
  const heapMiB: number[] = [];
  let slowest = { index: 0, ms: 0, bytes: 0 };
  let pauses = 0;

  function time<Value>(run: () => Value, index: number, bytes: number): { value: Value } | { error: unknown } {
    const [outcome, tookMs] = timed(() => attempt(run));
    if (tookMs > maxInputMs) pauses += 1;
    const ms =
      tookMs > doubtfulMs
        ? Math.min(
            tookMs,
            workMs(() => attempt(run)),
          )
        : tookMs;
    if (ms > maxInputMs) violations.push(`input ${index} takes ${Math.round(ms)} ms of work, each time`);
    if (ms > slowest.ms) slowest = { index, ms, bytes };
    return outcome;
  }

  function tryOut({ kind, bytes }: Input, index: number): void {
    for (const { decode, generic } of sides) {
      const outcome = time(() => decode(bytes), index, bytes.length);
      const verdict = verdictOf(outcome);
      if (verdict !== 'accepted' && verdict !== 'bad_message') violations.push(`input ${index}: ${verdict}`);
      count(verdicts[kind], verdict);
      if ('value' in outcome) for (const { type } of outcome.value) count(read, type);
      else count(refused, fieldIn(outcome.error));
      const expected = attempt(() => generic(bytes));
      const isAsExpected =
        'value' in outcome && 'value' in expected && isDeepStrictEqual(outcome.value, expected.value);
      if (!isAsExpected && !(verdict === 'bad_message' && verdictOf(expected) === verdict)) {
        violations.push(`input ${index}: ${verdict}, and by the schemas ${verdictOf(expected)}: ${hexOf(bytes)}`);
      }
    }
    const offer = time(() => offeredProtocol(bytes), index, bytes.length);
    if (!('value' in offer)) violations.push(`input ${index}: its version: ${offer.error}`);
  }

  const tenth = Math.max(1, Math.floor(total / 10));
  for (let index = 0; index < total; index += 1) {
    tryOut(inputs.at(index), index);
    if ((index + 1) % tenth === 0) heapMiB.push(reachableMiB());
  }
  const growth = (heapMiB.at(-1) ?? 0) - (heapMiB[0] ?? 0);
  if (growth > maxGrowthMiB) violations.push(`memory grew by ${growth.toFixed(1)} MiB`);
  if ('polluted' in {}) violations.push('a prototype was changed');
  return { seed, count: total, verdicts, read, refused, slowest, pauses, heapMiB, violations };
}

/** Messages that were never read, and required fields of arrays that were never the reason of a refusal. */
export function unreached({ read, refused }: Pick<DecodingFigures, 'read' | 'refused'>): string[] {
  const layouts = Object.entries<Layout>({ ...clientLayouts, ...serverLayouts });
  const types = ['hello', 'welcome', 'refused', 'unknown', ...layouts.map(([type]) => type)];
  const fields = layouts.flatMap(([type, { required }]) => required.map((field) => `${type}.${field}`));
  return [...types.filter((type) => !read[type]), ...fields.filter((field) => !refused[field])];
}

/** The message and field of a refusal: `result: offsets.stdout: …`. */
function fieldIn(error: unknown): string {
  const text = error instanceof Error ? error.message : '';
  const [, type, field] = /^([a-z-]+): (?:([a-zA-Z]+)[.:])?/.exec(text) ?? [];
  return type === undefined ? 'frame' : `${type}.${field ?? ''}`;
}

const hexOf = (bytes: Buffer) => bytes.toString('hex', 0, 300);
