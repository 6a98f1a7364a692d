import type { JobService } from '../plugin/job-service.ts';
import { startTimeout } from '../timer.ts';

/** How long the clients of an earlier process have to come back. */
const returnMs = 5_000;

/**
 * The clients that come back to a server that was restarted. One that has not yet has no labels, so that a target would miss
 * it; one that the store was not told of in time is not known at all.
 */
export class ReturningClients {
  private readonly service: JobService;
  private readonly untilMs: number;
  private returned: Promise<void> | undefined;

  /** @param startedAtMs when the server began. */
  constructor(service: JobService, startedAtMs: number) {
    this.service = service;
    this.untilMs = startedAtMs + returnMs;
  }

  /** Whether those that are not there may still come. */
  get mayCome(): boolean {
    return Date.now() < this.untilMs;
  }

  /** Resolves when all that ought to be there are back, or have had their time. */
  back(): Promise<void> {
    this.returned ??= this.wait();
    return this.returned;
  }

  private async wait(): Promise<void> {
    if (!this.mayCome) return;
    using timeUp = startTimeout(this.untilMs - Date.now());
    try {
      const expected = (await this.service.clients()).filter((client) => client.expected);
      await this.service.waitForClients(expected.length, { signal: timeUp.signal });
    } catch {
      // Some stay away, or the server ends: a run that is closed goes on with nothing.
    }
  }
}
