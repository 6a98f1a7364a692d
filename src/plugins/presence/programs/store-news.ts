import type { SubcommandLog } from '../../../index.ts';

/** Logs once that the store fails, once each other reason, and once that it works again. */
export class StoreNews {
  private readonly log: SubcommandLog | undefined;
  private reason: string | undefined;

  constructor(log: SubcommandLog | undefined) {
    this.log = log;
  }

  /** For a line of health. */
  get text(): string {
    return this.reason === undefined ? '' : `, store failing: ${this.reason}`;
  }

  told(error: Error | undefined): void {
    if (error?.message === this.reason) return;
    this.reason = error?.message;
    if (error) this.log?.error({ reason: error.message }, 'store failing');
    else this.log?.info({}, 'store works again');
  }
}
