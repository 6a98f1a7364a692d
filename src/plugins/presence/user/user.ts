import { setTimeout as delay } from 'node:timers/promises';
import { type Client, Code, ConnectError } from '@connectrpc/connect';
import type { Gateway } from '../../../../schemas/api/tenten/interview/service_pb.js';
import { presenceLimits } from '../model/limits.ts';
import { statusAt } from '../model/online.ts';
import { Answers } from './answers.ts';
import { backoffMs } from './backoff.ts';
import type { Turnstile } from './turnstile.ts';

/** What a gateway says again however often it is asked. */
const final: ReadonlySet<Code> = new Set([
  Code.InvalidArgument,
  Code.Unauthenticated,
  Code.PermissionDenied,
  Code.Unimplemented,
]);

/** How long a user that leaves waits for the gateway to say goodbye. */
const leaveMs = 1_000;

interface UserOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly client: Client<typeof Gateway>;
  /** Shared with the other users of its swarm. */
  readonly turnstile: Turnstile;
  readonly onConnected: () => void;
  readonly onLost: (error: ConnectError) => void;
  readonly onPing: (sinceMs: number | undefined) => void;
}

/** A user: connects, answers pings, and connects again whenever its stream has ended. */
export class User {
  private readonly options: UserOptions;
  private lastPingMs = Number.POSITIVE_INFINITY;
  private stream: AbortController | undefined;
  private isConnected = false;

  constructor(options: UserOptions) {
    this.options = options;
  }

  /**
   * @param signal ends it, in order.
   * @throws ConnectError a refusal that stays.
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

  /** Leaves a stream on which nothing has come for too long. */
  checkSilence(nowMs: number): void {
    const { connectMs, silentMs } = presenceLimits;
    const patienceMs = this.isConnected ? silentMs : connectMs;
    if (nowMs - this.lastPingMs < patienceMs) return;
    this.stream?.abort(new ConnectError(`no ping for ${patienceMs / 1_000} s`, Code.DeadlineExceeded));
  }

  private async stay(signal: AbortSignal): Promise<void> {
    const { client, headers, turnstile, onConnected, onPing } = this.options;
    const connected = await turnstile.enter();
    if (signal.aborted) return connected();
    const answers = new Answers();
    const stream = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const leave = () => {
      answers.end();
      timer = setTimeout(() => stream.abort(), this.isConnected ? leaveMs : 0);
    };
    this.stream = stream;
    this.lastPingMs = performance.now();
    signal.addEventListener('abort', leave, { once: true });
    try {
      for await (const _ of client.connect(answers, { headers, signal: stream.signal })) {
        const nowMs = performance.now();
        onPing(this.isConnected ? nowMs - this.lastPingMs : undefined);
        this.lastPingMs = nowMs;
        if (!this.isConnected) {
          this.isConnected = true;
          connected();
          onConnected();
        }
        answers.give(statusAt(Date.now()));
      }
    } finally {
      clearTimeout(timer);
      connected();
      this.lastPingMs = Number.POSITIVE_INFINITY;
      signal.removeEventListener('abort', leave);
      answers.end();
    }
  }

  private lost(error: ConnectError): void {
    this.isConnected = false;
    this.options.onLost(error);
  }
}
