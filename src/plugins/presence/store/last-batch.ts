import type { TraceSpan } from '../../../index.ts';
import { windowMs } from '../model/online.ts';

/** The newest traced batch of this process, as long as its users may count. */
export class LastBatch {
  private traceparent = '';
  private atMs = Number.NEGATIVE_INFINITY;

  note(batch: TraceSpan | undefined, nowMs: number): void {
    if (!batch?.isSampled) return;
    this.traceparent = batch.traceparent;
    this.atMs = nowMs;
  }

  linkFrom(asked: TraceSpan | undefined, nowMs: number): void {
    if (nowMs - this.atMs < windowMs) asked?.link(this.traceparent);
  }
}
