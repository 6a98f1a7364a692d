import { cutText, type FromClient, limits, type Message } from '../../schemas/index.ts';
import type { MessageId, Send } from './job-output.ts';

const everyMs = 100;

/** Sends the newest progress of a job to the attached session, at most ten times a second. */
export class JobProgress {
  private newest: Pick<Message<FromClient, 'progress'>, 'fraction' | 'note'> | undefined;
  /** The last progress sent, to be repeated to a later server. */
  private last: typeof this.newest;
  private timer: NodeJS.Timeout | undefined;
  private send: Send | undefined;
  private id: MessageId = '';

  report(fraction: number, note: string | undefined): void {
    if (Number.isNaN(fraction)) return;
    this.newest = {
      fraction: Math.min(1, Math.max(0, fraction)),
      ...(note !== undefined && { note: cutText(note, limits.maxTextBytes) }),
    };
    if (this.timer) return;
    this.sendNewest();
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.sendNewest();
    }, everyMs);
  }

  attach({ send, id }: { readonly send: Send; readonly id: MessageId }): void {
    this.send = send;
    this.id = id;
    this.newest ??= this.last;
    this.sendNewest();
  }

  detach(): void {
    this.send = undefined;
  }

  /** The outcome follows: sends pending progress now. */
  end(): void {
    clearTimeout(this.timer);
    this.sendNewest();
    this.newest = undefined;
    this.last = undefined;
  }

  private sendNewest(): void {
    if (!this.newest || !this.send) return;
    this.send({ type: 'progress', id: this.id, ...this.newest });
    this.last = this.newest;
    this.newest = undefined;
  }
}
