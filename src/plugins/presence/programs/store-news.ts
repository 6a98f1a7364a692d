import type { SubcommandLog } from '../../../index.ts';

/** Logs a failure of the store whenever its reason changes, and logs when the store works again. */
export class StoreNews {
  private readonly log: SubcommandLog | undefined;
  private reason: string | undefined;

  constructor(log: SubcommandLog | undefined) {
    this.log = log;
  }

  /** The state, as a part of the health line. */
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
