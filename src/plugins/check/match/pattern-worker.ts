import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { RE2JS } from 're2js';
import { compilePattern } from './compile-pattern.ts';

// The thread of `PatternThread`: compiles and tests patterns, one after the other.

/** A request to the thread. */
export interface PatternQuestion {
  readonly id: number;
  readonly patterns: readonly string[];
  readonly body: Uint8Array;
}

/** Its answer: whether each pattern matches, or why that is unknown. */
export interface PatternAnswer {
  readonly id: number;
  readonly matches?: readonly boolean[];
  readonly error?: string;
}

const maxKept = 256;
const kept = new Map<string, RE2JS>();

function compiled(pattern: string): RE2JS {
  const known = kept.get(pattern);
  if (known) return known;
  if (kept.size >= maxKept) kept.clear();
  const one = compilePattern(pattern);
  kept.set(pattern, one);
  return one;
}

function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  const text = Buffer.from(buffer, byteOffset, byteLength).toString();
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

parentPort?.on('message', ({ id, patterns, body }: PatternQuestion) => {
  let answer: PatternAnswer;
  try {
    const text = textOf(body);
    // Only `test` is linear and fast: the other methods of re2js search for groups.
    answer = { id, matches: patterns.map((pattern) => compiled(pattern).test(text)) };
  } catch (error) {
    answer = { id, error: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(answer);
});
// On Linux, each thread has a priority, and 0 is the calling thread.
if (workerData.isBehind && process.platform === 'linux') setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL);
// The time limit of a request starts after the thread has loaded.
parentPort?.postMessage('ready');
