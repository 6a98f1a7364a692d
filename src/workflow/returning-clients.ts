import type { JobService } from '../plugin/job-service.ts';
import { startTimeout } from '../timer.ts';

/** How long clients of an earlier process have to reconnect, in ms. */
const returnMs = 5_000;

/**
 * The clients that reconnect after a restart of the server. Until then, a client has no labels, so a target would miss
 * it; a client that was not recorded in the store in time is not known at all.
 */
export class ReturningClients {
  private readonly service: JobService;
  private readonly untilMs: number;
  private returned: Promise<void> | undefined;

  /** @param startedAtMs start time of the server. */
  constructor(service: JobService, startedAtMs: number) {
    this.service = service;
    this.untilMs = startedAtMs + returnMs;
  }

  /** Whether absent clients may still reconnect. */
  get mayCome(): boolean {
    return Date.now() < this.untilMs;
  }

  /** Resolves when all expected clients are back, or their time is over. */
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
      // Some stay away, or the server ends. A closed run does nothing.
    }
  }
}
