import { setTimeout as delay } from 'node:timers/promises';
import { Code, ConnectError } from '@connectrpc/connect';
import { presenceLimits } from '../model/limits.ts';
import { statusAt } from '../model/online.ts';
import { backoffMs } from './backoff.ts';
import type { GrpcSession } from './grpc-session.ts';
import type { Turnstile } from './turnstile.ts';
import { startCall, type UserCall } from './user-call.ts';

/** Statuses for which a retry cannot help. */
const final: ReadonlySet<Code> = new Set([
  Code.InvalidArgument,
  Code.Unauthenticated,
  Code.PermissionDenied,
  Code.Unimplemented,
]);

/** How long a user that leaves waits for the status of its stream. */
const leaveMs = 1_000;

interface UserOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Connection, shared with some other users. */
  readonly session: GrpcSession;
  /** Limits concurrent connects; shared with all users of the swarm. */
  readonly turnstile: Turnstile;
  readonly onConnected: () => void;
  readonly onLost: (error: ConnectError) => void;
  readonly onPing: (sinceMs: number | undefined) => void;
}

/** A user: connects, answers pings, and reconnects whenever its stream ends. */
export class User {
  private readonly options: UserOptions;
  private lastPingMs = Number.POSITIVE_INFINITY;
  private call: UserCall | undefined;
  private isConnected = false;

  constructor(options: UserOptions) {
    this.options = options;
  }

  /**
   * @param signal ends the user gracefully
   * @throws ConnectError for a permanent refusal
   */
  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        await this.stay(signal);
        if (!signal.aborted) this.lost(new ConnectError('the gateway has ended the stream', Code.Unavailable));
      } catch (error) {
        if (signal.aborted) return;
        const fault = ConnectError.from(error);
        if (this.isConnected) failures = 0;
        this.lost(fault);
        if (final.has(fault.code)) throw fault;
      }
      await delay(backoffMs(failures, Math.random()), undefined, { signal }).catch(() => {});
    }
  }

  /** Leaves a stream that has been silent for too long. */
  checkSilence(nowMs: number): void {
    const { connectMs, silentMs } = presenceLimits;
    const patienceMs = this.isConnected ? silentMs : connectMs;
    if (nowMs - this.lastPingMs < patienceMs) return;
    this.call?.abort(new ConnectError(`no ping for ${patienceMs / 1_000} s`, Code.DeadlineExceeded));
    this.options.session.check();
  }

  private async stay(signal: AbortSignal): Promise<void> {
    const { session, headers, turnstile, onConnected, onPing } = this.options;
    const connected = await turnstile.enter();
    if (signal.aborted) return connected();
    this.lastPingMs = performance.now();
    const call = startCall(session, headers, () => {
      const nowMs = performance.now();
      onPing(this.isConnected ? nowMs - this.lastPingMs : undefined);
      this.lastPingMs = nowMs;
      if (!this.isConnected) {
        this.isConnected = true;
        connected();
        onConnected();
      }
      call.pong(statusAt(Date.now()));
    });
    this.call = call;
    let timer: NodeJS.Timeout | undefined;
    const leave = () => {
      call.leave();
      const abort = () => call.abort(new ConnectError('left', Code.Canceled));
      timer = setTimeout(abort, this.isConnected ? leaveMs : 0);
    };
    signal.addEventListener('abort', leave, { once: true });
    const error = await call.ended;
    signal.removeEventListener('abort', leave);
    clearTimeout(timer);
    connected();
    this.lastPingMs = Number.POSITIVE_INFINITY;
    if (error) throw error;
  }

  private lost(error: ConnectError): void {
    this.isConnected = false;
    this.options.onLost(error);
  }
}
