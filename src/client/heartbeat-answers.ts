import { limits } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';

/**
 * Tolerance for a repetition that nearly coincides with the next heartbeat or another message, which makes it
 * redundant.
 */
const slackMs = limits.quietMs / 4;

/**
 * Answers each heartbeat at once, and repeats the newest answer when nothing was sent for `quietMs`. So the server can
 * send heartbeats less often than it checks liveness.
 */
export class HeartbeatAnswers implements Disposable {
  private readonly say: (seq: number) => void;
  /** Time when the newest message was sent; undefined while messages are queued, which makes an answer redundant. */
  private readonly saidAtMs: () => number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private seq = 0;

  constructor(say: (seq: number) => void, saidAtMs: () => number | undefined) {
    this.say = say;
    this.saidAtMs = saidAtMs;
  }

  answer(seq: number): void {
    this.seq = seq;
    this.say(seq);
    this.repeatIn(limits.quietMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.timer);
  }

  private repeatIn(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.repeat(), ms);
  }

  private repeat(): void {
    const quietMs = monotonicMs() - (this.saidAtMs() ?? monotonicMs());
    if (quietMs < limits.quietMs - slackMs) {
      this.repeatIn(limits.quietMs - quietMs);
      return;
    }
    this.say(this.seq);
    this.repeatIn(limits.quietMs + slackMs);
  }
}
