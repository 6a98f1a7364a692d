import {
  type ErrorCode,
  limits,
  type Offsets,
  type Outcome,
  type Stream,
  type WireError,
} from '../../schemas/index.ts';
import { OutputBuffer } from '../output-buffer.ts';

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
  progress: { fraction: number; note?: string | undefined } | undefined;
  readonly output = {
    stdout: new OutputBuffer(limits.maxOutputKeptBytes),
    stderr: new OutputBuffer(limits.maxOutputKeptBytes),
  };
  /** Bytes that never came, by stream: the client's bound was passed. */
  readonly lostBytes: Record<Stream, number> = { stdout: 0, stderr: 0 };

  constructor(fields: {
    id: string;
    client: string;
    command: string;
    kind: 'control' | 'data';
    args: Record<string, unknown>;
    expiresAtMs?: number | undefined;
    timeoutMs?: number | undefined;
    adopted?: boolean;
  }) {
    this.id = fields.id;
    this.client = fields.client;
    this.command = fields.command;
    this.kind = fields.kind;
    this.args = fields.args;
    this.expiresAtMs = fields.expiresAtMs;
    this.timeoutMs = fields.timeoutMs;
    this.adopted = fields.adopted ?? false;
  }

  /** Bytes of output that are kept here. */
  get keptBytes(): number {
    const { stdout, stderr } = this.output;
    return stdout.end - stdout.start + stderr.end - stderr.start;
  }

  /** What of the output has arrived. */
  get received(): Offsets {
    const at = (stream: Stream) => this.output[stream].end + this.lostBytes[stream];
    return { stdout: at('stdout'), stderr: at('stderr') };
  }
}
