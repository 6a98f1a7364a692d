import { SignalboxError } from '../../schemas/index.ts';
import type { Implementation, LeftJob } from '../plugin/implement.ts';
import { rejectOnAbort } from '../reject-on-abort.ts';
import type { Jobs } from './jobs.ts';
import { taskOf } from './task.ts';

/** Takes up the jobs that former processes of this client left running, once per command. */
export class TakeUp {
  private readonly client: string;
  private readonly jobs: Jobs;
  private readonly missing: Set<Implementation>;

  constructor(client: string, jobs: Jobs, implementations: readonly Implementation[]) {
    this.client = client;
    this.jobs = jobs;
    this.missing = new Set(implementations.filter(({ recover }) => recover));
  }

  /** @throws SignalboxError if a command could not list its jobs; the next call asks it again. */
  async run(signal: AbortSignal): Promise<void> {
    for (const implementation of this.missing) {
      const left = await this.leftOf(implementation, signal);
      const { name } = implementation.contract;
      const task = taskOf(implementation);
      for (const job of left) this.jobs.takeUp(job.id, name, task, (context) => job.goOn(context), job.timeoutMs);
      this.missing.delete(implementation);
    }
  }

  private async leftOf({ contract, recover }: Implementation, signal: AbortSignal): Promise<readonly LeftJob[]> {
    try {
      return await rejectOnAbort(Promise.resolve(recover?.({ client: this.client, signal }) ?? []), signal);
    } catch (cause) {
      const { code, message } = SignalboxError.from(cause, 'internal');
      throw new SignalboxError(code, `recover of ${contract.name}: ${message}`, { cause });
    }
  }
}
