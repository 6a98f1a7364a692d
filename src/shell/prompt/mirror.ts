import type { JobService, JobView } from '../../plugin/job-service.ts';
import type { Event, JobRef } from '../../plugin/observer.ts';
import type { EventPump } from '../output/pump.ts';
import { askFlows, type Flows } from './flows.ts';
import { type KnownClient, KnownClients } from './known-clients.ts';
import { KnownFlows } from './known-flows.ts';
import { type KnownJob, KnownJobs } from './known-jobs.ts';
import { KnownLabels } from './known-labels.ts';
import { LastLines } from './last-lines.ts';
import { TargetCheck } from './target-check.ts';

/** Events after which a target may match other clients. */
const targetsChange: ReadonlySet<Event['type']> = new Set(['client.state', 'client.expected', 'client.forgotten']);
/** Number of newest jobs of the store known to completion. */
const storedKnown = 100;

/**
 * A copy of the service's state that the prompt shows and completes from without waiting: events keep it up to date.
 * `refresh` queries the running jobs, for their progress. Targets are resolved at most once between two calls of
 * `refresh`. No key causes a request by itself.
 */
export class Mirror implements Disposable {
  private readonly service: JobService;
  private readonly knownClients = new KnownClients();
  private readonly knownJobs: KnownJobs;
  private readonly knownFlows: KnownFlows;
  private readonly labels = new KnownLabels();
  private readonly lastLines = new LastLines();
  private readonly targets: TargetCheck;
  private readonly stops: readonly (() => void)[];
  private runningNow: readonly JobView[] = [];
  private isKnown = false;
  /** Events while everything is queried. */
  private early: Event[] | undefined;
  private isChanged = true;
  private isAsking = false;

  /** @param onAnswer called when an answer, or a missing answer, changes what is shown. */
  constructor({ service, events }: { service: JobService; events: EventPump }, onAnswer: () => void) {
    this.service = service;
    this.knownJobs = new KnownJobs((command) => service.commands.get(command)?.kind !== 'control');
    this.knownFlows = new KnownFlows(() => askFlows(service));
    this.targets = new TargetCheck((targets) => service.resolve(targets), onAnswer);
    const fill = () => {
      void this.fill().then(onAnswer, () => {});
      void this.fillFromStore().catch(() => {});
      void this.knownFlows.fill();
    };
    const gap = () => {
      fill();
      onAnswer();
    };
    this.stops = [events.listen((event) => this.event(event)), events.onGap(gap)];
    fill();
  }

  /** Number of connected and of ready clients. Undefined without an answer: at the start, and while the server is away. */
  get counts(): { ready: number; online: number } | undefined {
    return this.isKnown ? this.knownClients.counts : undefined;
  }

  clients(): KnownClient[] {
    return this.knownClients.all(this.runningNow).map((client) => ({ ...client, ...this.labels.of(client.name) }));
  }

  jobs(): KnownJob[] {
    return this.knownJobs.all();
  }

  flows(): Flows {
    return this.knownFlows.all();
  }

  /** Running jobs of data commands, oldest first, as of the last `refresh`. */
  get running(): readonly JobView[] {
    return this.runningNow;
  }

  lastLine(job: Pick<JobRef, 'id' | 'client'>): string | undefined {
    return this.lastLines.of(job);
  }

  targetProblem(targets: readonly string[]): string | undefined {
    return this.targets.problem(targets);
  }

  /** Queries what may have changed. @returns whether there is anything new to show. */
  async refresh(): Promise<boolean> {
    this.targets.allow();
    void this.labels.refresh(() => this.service.clients());
    void this.knownFlows.refresh();
    if (this.isAsking || (!this.isChanged && this.runningNow.length === 0)) return false;
    this.isAsking = true;
    this.isChanged = false;
    try {
      this.runningNow = await this.service.list({ state: 'running' });
    } catch {
      // Without an answer, the known data stay.
    } finally {
      this.isAsking = false;
    }
    return true;
  }

  [Symbol.dispose](): void {
    for (const stop of this.stops) stop();
  }

  private event(event: Event): void {
    this.isChanged = true;
    this.knownFlows.event(event);
    if (this.early) this.early.push(event);
    else this.know(event);
  }

  private know(event: Event): void {
    this.knownClients.event(event);
    this.knownJobs.event(event);
    this.lastLines.event(event);
    if (targetsChange.has(event.type)) this.targets.stale();
    if (event.type === 'client.joined') this.labels.stale();
  }

  /** Queries everything. Events during the query are newer. */
  private async fill(): Promise<void> {
    const { service } = this;
    const early: Event[] = [];
    this.early = early;
    this.isChanged = true;
    this.isKnown = false;
    try {
      const [clients, jobs] = await Promise.all([service.clients(), service.list()]);
      if (this.early !== early) return;
      this.knownClients.clear();
      this.knownJobs.clear();
      this.labels.set(clients);
      for (const { name, state } of clients) this.knownClients.set(name, state);
      for (const job of jobs) this.knownJobs.set(job);
      this.targets.stale();
      this.isKnown = true;
    } finally {
      if (this.early === early) {
        this.early = undefined;
        for (const event of early) this.know(event);
      }
    }
  }

  /** Separate, because a store may not answer for a while. */
  private async fillFromStore(): Promise<void> {
    const { jobs } = await this.service.history({ kind: 'data' }, { limit: storedKnown });
    this.knownJobs.setStored(jobs.toReversed());
  }
}
