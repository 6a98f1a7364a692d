import {
  type ErrorCode,
  limits,
  type Offsets,
  type Outcome,
  type Stream,
  type WireError,
} from '../../schemas/index.ts';
import { OutputBuffer } from '../output-buffer.ts';
import type { JobNews } from './ledger.ts';

/** How a job ended. */
export interface Settlement {
  readonly outcome: Outcome;
  readonly result?: unknown;
  readonly error?: WireError;
  /** From start to end at the client; 0 where it never started, undefined where that is unknown. */
  readonly durationMs?: number;
}

export function settlementFor(outcome: Outcome, code: ErrorCode, message: string): Settlement {
  // No Error is made: its stack would cost more than all else, and a queue can be settled at once.
  const error = { code, message: message.slice(0, limits.maxTextLength) };
  return outcome === 'lost' ? { outcome, error } : { outcome, error, durationMs: 0 };
}

/** One command to one client. `waiting` here, `sent` and unanswered, `accepted` and running, `settled`. */
export class Entry {
  readonly id: string;
  readonly client: string;
  readonly command: string;
  readonly kind: 'control' | 'data';
  readonly args: Record<string, unknown>;
  readonly expiresAtMs: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly traceparent: string | undefined;
  /** Begun for another server, which is gone. */
  readonly adopted: boolean;
  state: 'waiting' | 'sent' | 'accepted' | 'settled' = 'waiting';
  settlement: Settlement | undefined;
  /** What came after it had been settled as `lost`. */
  late: Settlement | undefined;
  cancelRequested = false;
  /** In the answer of the client to the question what it holds. */
  listed = false;
  /** What its client said of how it ended has left this process: the client may forget it. */
  written = false;
  sentAtMs: number | undefined;
  acceptedAtMs: number | undefined;
  roundTripMs: number | undefined;
  /** Told of all that becomes known of it, up to how it ended. */
  listener: ((news: JobNews) => void) | undefined;
  progress: { fraction: number; note?: string | undefined } | undefined;
  /** Streams that something came of. */
  private readonly output: Partial<Record<Stream, { kept: OutputBuffer; lostBytes: number }>> = {};

  constructor(fields: {
    id: string;
    client: string;
    command: string;
    kind: 'control' | 'data';
    args: Record<string, unknown>;
    expiresAtMs?: number | undefined;
    timeoutMs?: number | undefined;
    traceparent?: string | undefined;
    adopted?: boolean;
  }) {
    this.id = fields.id;
    this.client = fields.client;
    this.command = fields.command;
    this.kind = fields.kind;
    this.args = fields.args;
    this.expiresAtMs = fields.expiresAtMs;
    this.timeoutMs = fields.timeoutMs;
    this.traceparent = fields.traceparent;
    this.adopted = fields.adopted ?? false;
  }

  isExpiredAt(nowMs: number): boolean {
    return this.expiresAtMs !== undefined && nowMs >= this.expiresAtMs;
  }

  /** Bytes of output that are kept here. */
  get keptBytes(): number {
    const bytesOf = (stream: Stream) => this.output[stream]?.kept.length ?? 0;
    return bytesOf('stdout') + bytesOf('stderr');
  }

  /** What of the output has arrived. */
  get received(): Offsets {
    return { stdout: this.receivedOf('stdout'), stderr: this.receivedOf('stderr') };
  }

  receivedOf(stream: Stream): number {
    const output = this.output[stream];
    return output ? output.kept.end + output.lostBytes : 0;
  }

  /** @param lostBytes before `data`, which never came: the client's bound was passed. */
  append(stream: Stream, data: Buffer, lostBytes: number): void {
    const output = this.output[stream] ?? { kept: new OutputBuffer(limits.maxOutputKeptBytes), lostBytes: 0 };
    this.output[stream] = output;
    output.lostBytes += lostBytes;
    output.kept.append(data);
  }

  /** What is kept of a stream, and its offset. */
  outputOf(stream: Stream): { from: number; data: Uint8Array } {
    const output = this.output[stream];
    if (!output) return { from: 0, data: Buffer.alloc(0) };
    return { from: output.kept.start + output.lostBytes, data: output.kept.readAll() };
  }
}
