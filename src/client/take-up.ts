import { SignalboxError } from '../../schemas/index.ts';
import type { FaultReports } from '../plugin/fault-reports.ts';
import type { Implementation, LeftJob } from '../plugin/implement.ts';
import { rejectOnAbort } from '../reject-on-abort.ts';
import { callListener } from './call-listener.ts';
import type { Jobs } from './jobs.ts';
import type { KeptState } from './state/kept-state.ts';
import { taskOf } from './task.ts';

/** Recovers the jobs that earlier processes of this client left, once per command. */
export class TakeUp {
  private readonly client: string;
  private readonly jobs: Jobs;
  private readonly state: KeptState;
  private readonly implementations: readonly Implementation[];
  private readonly missing: Set<Implementation>;
  /** Commands whose state another process held when they were asked, so this client may have started such jobs since. */
  private readonly refused = new Set<Implementation>();
  private readonly listeners = new Map<Implementation, (storeId: string) => void>();
  private readonly print: (line: string) => void;
  private readonly faults: FaultReports;

  constructor(
    client: string,
    implementations: readonly Implementation[],
    use: {
      readonly jobs: Jobs;
      readonly state: KeptState;
      readonly print: (line: string) => void;
      readonly faults: FaultReports;
    },
  ) {
    this.client = client;
    this.jobs = use.jobs;
    this.state = use.state;
    this.print = use.print;
    this.faults = use.faults;
    this.implementations = implementations;
    this.missing = new Set(implementations.filter(({ recover }) => recover));
  }

  /** @throws SignalboxError if a command could not list its jobs; the next call asks it again. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.missing.size === 0) return;
    for (const implementation of this.missing) {
      const left = await this.leftOf(implementation, signal);
      if (!left) continue;
      const { name } = implementation.contract;
      const task = taskOf(implementation);
      for (const job of left) {
        if (this.refused.has(implementation) && this.jobs.holds(job.id)) continue;
        this.jobs.takeUp(job, name, task, (context) => job.goOn(context));
      }
      await this.state.left?.recovered(name);
      this.missing.delete(implementation);
    }
    if (this.missing.size > 0) return;
    const others = this.implementations.filter(({ recover }) => !recover);
    await this.state.left?.release(others.map(({ contract }) => contract.name));
  }

  /** All jobs have been listed to a server with this store. */
  listed(storeId: string): void {
    for (const [{ contract }, listener] of this.listeners) {
      callListener(
        () => listener(storeId),
        (error) => this.faults.report(`onListed of ${contract.name}`, error),
      );
    }
  }

  /** @returns undefined if this client has no state in which to find them. */
  private async leftOf(implementation: Implementation, signal: AbortSignal): Promise<readonly LeftJob[] | undefined> {
    const { contract, recover } = implementation;
    const { name } = contract;
    const { client, state } = this;
    try {
      const left = (await state.left?.of(name)) ?? [];
      const keep = (folder: string) => state.left?.keep(folder);
      const onListed = (listener: (storeId: string) => void) => void this.listeners.set(implementation, listener);
      const { print } = this;
      const recovery = { client, signal, left, keep, state: () => state.folderOf(name), onListed, print };
      return await rejectOnAbort(Promise.resolve(recover?.(recovery) ?? []), signal);
    } catch (cause) {
      if (state.isRefusal(cause)) {
        this.refused.add(implementation);
        return undefined;
      }
      const { code, message } = SignalboxError.from(cause, 'internal');
      throw new SignalboxError(code, `recover of ${name}: ${message}`, { cause });
    }
  }
}
