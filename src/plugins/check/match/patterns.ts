import { CheckFault } from '../http/check-fault.ts';
import { PatternThread } from './pattern-thread.ts';

/** A test that takes longer is moved to the slow thread. */
const quickMs = 100;
const longestMs = 5_000;
const maxSlow = 1_000;

/**
 * Tests patterns in two threads, so that a slow one delays only slow ones. A pattern that takes too long in the quick thread is tested again
 * in the other thread, and from then on only there.
 */
export class Patterns implements AsyncDisposable {
  private readonly quick: PatternThread;
  private readonly slow: PatternThread;
  /** Texts of patterns that were slow. */
  private readonly known = new Set<string>();

  constructor(limits: { readonly quickMs: number; readonly longestMs: number } = { quickMs, longestMs }) {
    this.quick = new PatternThread({ limitMs: limits.quickMs });
    this.slow = new PatternThread({ limitMs: limits.longestMs, isBehind: true });
  }

  /** Whether each pattern matches the body, read as UTF-8. @throws CheckFault */
  async test(patterns: readonly string[], body: Uint8Array): Promise<readonly boolean[]> {
    if (patterns.some((pattern) => this.known.has(pattern))) return await this.slow.test(patterns, body);
    try {
      return await this.quick.test(patterns, body);
    } catch (error) {
      if (!(error instanceof CheckFault) || error.kind !== 'pattern_timeout') throw error;
      if (this.known.size >= maxSlow) this.known.clear();
      for (const pattern of patterns) this.known.add(pattern);
      return await this.slow.test(patterns, body);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.quick[Symbol.asyncDispose](), this.slow[Symbol.asyncDispose]()]);
  }
}
