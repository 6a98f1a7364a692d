import { limits } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';

/** A repetition and the next heartbeat, or a frame that is about to leave, may fall on one moment: one of them is enough. */
const slackMs = limits.quietMs / 4;

/**
 * Answers each heartbeat at once, and says the newest answer again when nothing has been sent for `quietMs`: so the server
 * need not ask as often as it judges.
 */
export class HeartbeatAnswers implements Disposable {
  private readonly say: (seq: number) => void;
  /** When the newest message has left; undefined while some wait, which say more than another one would. */
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
