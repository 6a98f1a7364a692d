import type { MessageId, Send } from './job-output.ts';

/** Shorter waits are normal for a pipe and are not reported. */
const tellAfterMs = 500;

/** Tells the server when a job is blocked on its output and when it continues. */
export class FullOutput {
  private id: MessageId = '';
  private send: Send | undefined;
  private isFull = false;
  private isTold = false;
  private timer: NodeJS.Timeout | undefined;

  set(isFull: boolean): void {
    this.isFull = isFull;
    if (!isFull) clearTimeout(this.timer);
    if (isFull) this.tellSoon();
    else if (this.isTold) this.tell(false);
  }

  attach({ send, id }: { readonly send: Send; readonly id: MessageId }): void {
    this.detach();
    this.send = send;
    this.id = id;
    if (this.isFull) this.tellSoon();
  }

  detach(): void {
    clearTimeout(this.timer);
    this.send = undefined;
    this.isTold = false;
  }

  private tellSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tell(true), tellAfterMs);
  }

  private tell(full: boolean): void {
    this.isTold = full;
    this.send?.({ type: 'output-full', id: this.id, full });
  }
}
