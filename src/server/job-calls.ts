import { type CommandContract, type JobSignal, jobSignalSchema, SignalboxError } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import type { JobRef } from '../jobs/events.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { JobTable } from '../jobs/job-table.ts';
import type { EmittedRecord } from '../jobs/received-records.ts';
import type { OutputRun } from '../kept-output.ts';
import { clientText, keyText } from '../place-name.ts';
import type { FaultReports } from '../plugin/fault-reports.ts';
import type { HistoryFilter, HistoryPage, JobDetails, JobKey, JobView, ListFilter } from '../plugin/job-service.ts';
import type { CancelOptions } from '../plugin/send-options.ts';
import type { JobStore } from '../store/job-store.ts';
import { type Archive, noSuchJob, storedKeyOf } from './archive.ts';
import { runningOf } from './clients/views.ts';
import type { Durable } from './durable.ts';
import { historyOf } from './history.ts';
import { detailsOf, detailsOfStored, refOf, viewJob, viewStored } from './job-views.ts';
import { formerOf } from './journal/stored-form.ts';
import type { Page } from './service-core.ts';

/** Maximum number of jobs per page. */
const maxPage = 1_000;

/** The calls about existing jobs. Jobs that are only in the store have ended, and are read there. */
export class JobCalls {
  private readonly jobTable: JobTable;
  readonly commands: ReadonlyMap<string, CommandContract>;
  readonly faults: FaultReports;
  private readonly durable: Pick<Durable, 'store' | 'journal' | 'archive'> | undefined;

  constructor(options: {
    jobTable: JobTable;
    commands: ReadonlyMap<string, CommandContract>;
    faults: FaultReports;
    /** With a durable store. */
    durable: Pick<Durable, 'store' | 'journal' | 'archive'> | undefined;
  }) {
    this.jobTable = options.jobTable;
    this.commands = options.commands;
    this.faults = options.faults;
    this.durable = options.durable;
  }

  refOf(key: JobKey): JobRef | Promise<JobRef> {
    return this.read(key, refOf, (archive) => archive.refOf(key));
  }

  get(key: JobKey): JobDetails | Promise<JobDetails> {
    return this.read(
      key,
      (job) => detailsOf(job, this.hidesEnd(job), this),
      async (archive) => detailsOfStored(await archive.find(key), this),
    );
  }

  output(key: JobKey): readonly OutputRun[] | Promise<readonly OutputRun[]> {
    return this.read(
      key,
      // The output of a job that was settled before this server started is only in the store.
      (job) =>
        (job.state !== 'settled' || job.keptBytes > 0 ? job.outputRuns() : this.durable?.archive.output(key)) ?? [],
      (archive) => archive.output(key),
    );
  }

  /** Stores keep no records. */
  records(key: JobKey): readonly EmittedRecord[] | Promise<readonly EmittedRecord[]> {
    return this.read(
      key,
      (job) => job.records(),
      async () => [],
    );
  }

  list({ state }: ListFilter): JobView[] {
    const jobs = state === 'running' ? this.running() : [...this.jobTable.all()].filter((job) => !this.hides(job));
    return jobs.map((job) => this.view(job));
  }

  /** With a store, lists its jobs; for jobs in the table, the table's state is used. */
  async history(filter: HistoryFilter, { limit = 100, from }: Page): Promise<HistoryPage> {
    if (!Number.isInteger(limit) || limit < 1 || limit > maxPage) {
      throw new SignalboxError('bad_usage', `the limit of a page must be from 1 to ${maxPage} jobs, not ${limit}`);
    }
    if (!this.durable) return historyOf(this.jobTable.all(), filter, { limit, from });
    const { jobs, next } = await this.durable.store.list(filter, limit, from);
    const views = jobs.map((job) => {
      const known = this.find({ id: job.submission.id, client: job.client });
      return known ? this.view(known) : viewStored(job);
    });
    return { jobs: views, next };
  }

  /** @returns a promise if some of the jobs are only in the store. */
  cancel(keys: readonly JobKey[], { unsent = false }: CancelOptions = {}): Promise<void> | undefined {
    const jobs = this.known(keys);
    // Waiting jobs first: otherwise they would take the place of jobs that end.
    for (const job of jobs) if (job.state === 'waiting') this.jobTable.cancel(job);
    if (unsent) return undefined;
    for (const job of jobs) this.jobTable.cancel(job);
    const others = keys.filter((key) => !this.find(key));
    return this.durable && others.length > 0 ? this.cancelMissed(others, this.durable.store) : undefined;
  }

  signal(keys: readonly JobKey[], signal: JobSignal): void {
    // A client would end its session over an unknown signal.
    if (!jobSignalSchema.safeParse(signal).success) {
      throw new SignalboxError('bad_arguments', `${signal} is not one of ${jobSignalSchema.options.join(', ')}`);
    }
    const jobs = this.known(keys);
    // An adopted job may have a command that is unknown to this server.
    const deaf = jobs.find(({ command }) => this.commands.has(command) && !this.commands.get(command)?.takesSignals);
    if (deaf) throw new SignalboxError('bad_usage', `${deaf.command} does not accept signals; use cancel to end it`);
    const missed = jobs.filter((job) => !this.jobTable.signal(job, signal));
    const first = missed[0] ?? keys.find((key) => !this.find(key));
    if (!first) return;
    throw new SignalboxError('offline', `${first.id} on ${clientText(first)} is not running, or its client is offline`);
  }

  /**
   * Records the cancel of jobs that were settled as `lost` before this server started: their clients may still return.
   */
  private async cancelMissed(keys: readonly JobKey[], store: JobStore): Promise<void> {
    const stored = await store.find(keys.map(storedKeyOf));
    const missed = stored.filter(({ settlement, late }) => settlement?.outcome === 'lost' && !late);
    for (const former of formerOf(missed)) {
      for (const job of this.jobTable.restore(former, monotonicMs())) this.jobTable.cancel(job);
    }
  }

  /** The jobs that are in the table. With a store, all others have been found there and have ended. */
  private known(keys: readonly JobKey[]): JobRecord[] {
    return keys.flatMap((key) => {
      const job = this.find(key);
      if (!job && !this.durable) throw noSuchJob(key);
      return job ?? [];
    });
  }

  private find(key: JobKey): JobRecord | undefined {
    const job = this.jobTable.find(key.id, keyText(key));
    return job && this.hides(job) ? undefined : job;
  }

  /** Running jobs, oldest first. */
  private running(): JobRecord[] {
    return [...runningOf(this.jobTable)].sort((a, b) => (a.acceptedAtMs ?? 0) - (b.acceptedAtMs ?? 0));
  }

  private view(job: JobRecord): JobView {
    return viewJob(job, this.hidesEnd(job));
  }

  /** Whether the submission of the job is not committed yet and must not be visible. */
  private hides(job: JobRecord): boolean {
    return this.durable?.journal.hides(job) === true;
  }

  /** Whether the outcome of the job is not committed yet and must not be visible. */
  private hidesEnd(job: JobRecord): boolean {
    return this.durable?.journal.hidesEnd(job) === true;
  }

  private read<Found>(
    key: JobKey,
    here: (job: JobRecord) => Found | Promise<Found>,
    stored: (archive: Archive) => Promise<Found>,
  ): Found | Promise<Found> {
    const job = this.find(key);
    if (job) return here(job);
    if (!this.durable) throw noSuchJob(key);
    return stored(this.durable.archive);
  }
}
