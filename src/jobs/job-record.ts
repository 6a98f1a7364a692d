import { type ErrorCode, limits, type Offsets, type Outcome, type WireError } from '../../schemas/index.ts';
import type { OutputRun } from '../kept-output.ts';
import type { JobNews } from './job-table.ts';
import { ReceivedOutput } from './received-output.ts';

/** How a job ended. */
export interface Settlement {
  readonly outcome: Outcome;
  readonly result?: unknown;
  readonly error?: WireError;
  /** From start to end at the client; 0 where it never started, undefined where that is unknown. */
  readonly durationMs?: number;
  /** Bytes of its output that never came, by stream. */
  readonly lostOutput?: Offsets;
  /** Why they did not come, if the client knows. */
  readonly outputError?: string;
}

/** Where the output of a job ends, as its client says. */
export interface OutputEnd {
  readonly offsets?: Offsets | undefined;
  readonly outputError?: string | undefined;
}

export function settlementFor(outcome: Outcome, code: ErrorCode, message: string): Settlement {
  // No Error is made: its stack would cost more than all else, and a queue can be settled at once.
  const error = { code, message: message.slice(0, limits.maxTextLength) };
  return outcome === 'lost' ? { outcome, error } : { outcome, error, durationMs: 0 };
}

/** One command to one client. `waiting` here, `sent` and unanswered, `accepted` and running, `settled`. */
export class JobRecord {
  readonly id: string;
  readonly client: string;
  readonly command: string;
  readonly kind: 'control' | 'data';
  readonly args: Record<string, unknown>;
  /** As the contract's `auditArgs` leaves them. */
  readonly auditedArgs: Readonly<Record<string, unknown>>;
  /** Who submitted it; undefined where that was not here. */
  readonly actor: string | undefined;
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
  /** Reported by the client during resynchronisation. */
  listed = false;
  /** What its client said of how it ended has left this process: the client may forget it. */
  written = false;
  sentAtMs: number | undefined;
  acceptedAtMs: number | undefined;
  roundTripMs: number | undefined;
  /** Told of all that becomes known of it, up to how it ended. */
  listener: ((news: JobNews) => void) | undefined;
  progress: { fraction: number; note?: string | undefined } | undefined;
  /** Its program waits: the client keeps all the output that it may, and no server has taken it. */
  outputFull = false;
  private output: ReceivedOutput | undefined;

  constructor(fields: {
    id: string;
    client: string;
    command: string;
    kind: 'control' | 'data';
    args: Record<string, unknown>;
    auditedArgs?: Readonly<Record<string, unknown>>;
    actor?: string;
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
    this.auditedArgs = fields.auditedArgs ?? fields.args;
    this.actor = fields.actor;
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
    return this.output?.keptBytes ?? 0;
  }

  /** What of the output has arrived. */
  get received(): Offsets {
    return this.output?.offsets ?? { stdout: 0, stderr: 0 };
  }

  /** Created on demand: most jobs write nothing. */
  get receivedOutput(): ReceivedOutput {
    this.output ??= new ReceivedOutput();
    return this.output;
  }

  /** What was lost of its output so far; undefined where nothing was. */
  get lostOutput(): Offsets | undefined {
    return this.output?.lostOutput;
  }

  /** What is kept of its output, in order. */
  outputRuns(): OutputRun[] {
    return this.output?.runs() ?? [];
  }
}
