import { type CommandContract, type JobSignal, jobSignalSchema, SignalboxError } from '../../schemas/index.ts';
import type { JobRef } from '../jobs/events.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { JobTable } from '../jobs/job-table.ts';
import type { EmittedRecord } from '../jobs/received-records.ts';
import type { OutputRun } from '../kept-output.ts';
import type { HistoryFilter, HistoryPage, JobKey, JobView, ListFilter } from '../plugin/job-service.ts';
import { type Archive, noSuchJob } from './archive.ts';
import { refOf, viewJob, viewJobs, viewRunning } from './clients/views.ts';
import type { Durable } from './durable.ts';
import { historyJob, historyOf } from './history.ts';
import type { Page } from './service-core.ts';

/** The calls about jobs that exist. What only the store knows has ended, and is read there. */
export class JobCalls {
  private readonly jobTable: JobTable;
  private readonly commands: ReadonlyMap<string, CommandContract>;
  private readonly durable: Pick<Durable, 'store' | 'journal' | 'archive'> | undefined;

  constructor(options: {
    jobTable: JobTable;
    commands: ReadonlyMap<string, CommandContract>;
    /** With a durable store. */
    durable: Pick<Durable, 'store' | 'journal' | 'archive'> | undefined;
  }) {
    this.jobTable = options.jobTable;
    this.commands = options.commands;
    this.durable = options.durable;
  }

  refOf(key: JobKey): JobRef | Promise<JobRef> {
    return this.read(key, refOf, (archive) => archive.refOf(key));
  }

  get(key: JobKey): JobView | Promise<JobView> {
    return this.read(key, viewJob, (archive) => archive.get(key));
  }

  output(key: JobKey): readonly OutputRun[] | Promise<readonly OutputRun[]> {
    return this.read(
      key,
      (job) => job.outputRuns(),
      (archive) => archive.output(key),
    );
  }

  /** A store has none. */
  records(key: JobKey): readonly EmittedRecord[] | Promise<readonly EmittedRecord[]> {
    return this.read(
      key,
      (job) => job.records(),
      async () => [],
    );
  }

  list({ state }: ListFilter): JobView[] {
    const isSeen = this.durable && ((job: JobRecord) => !this.durable?.journal.hides(job));
    return state === 'running' ? viewRunning(this.jobTable) : viewJobs(this.jobTable, isSeen);
  }

  /** With a store its jobs, as they are here where they are known. */
  async history(filter: HistoryFilter, { limit = 100, from }: Page): Promise<HistoryPage> {
    if (!this.durable) return historyOf(this.jobTable.all(), filter, { limit, from });
    const { jobs, next } = await this.durable.store.list(filter, limit, from);
    return { jobs: jobs.map((job) => historyJob(job, this.find({ id: job.submission.id, client: job.client }))), next };
  }

  cancel(keys: readonly JobKey[]): void {
    for (const job of this.known(keys)) this.jobTable.cancel(job);
  }

  signal(keys: readonly JobKey[], signal: JobSignal): void {
    // A client ends the session in which another comes.
    if (!jobSignalSchema.safeParse(signal).success) {
      throw new SignalboxError('bad_arguments', `${signal} is not one of ${jobSignalSchema.options.join(', ')}`);
    }
    const jobs = this.known(keys);
    // An adopted job may have a command that this server does not know.
    const deaf = jobs.find(({ command }) => this.commands.has(command) && !this.commands.get(command)?.takesSignals);
    if (deaf) throw new SignalboxError('bad_usage', `${deaf.command} takes no signals; cancel ends it`);
    const missed = jobs.filter((job) => !this.jobTable.signal(job, signal));
    const first = missed[0] ?? keys.find((key) => !this.find(key));
    if (!first) return;
    throw new SignalboxError('offline', `${first.id} on ${first.client} does not run, or its client is away`);
  }

  /** Those that are in the table: with a store, the others have been found there, and have ended. */
  private known(keys: readonly JobKey[]): JobRecord[] {
    return keys.flatMap((key) => {
      const job = this.find(key);
      if (!job && !this.durable) throw noSuchJob(key);
      return job ?? [];
    });
  }

  private find({ id, client }: JobKey): JobRecord | undefined {
    const job = this.jobTable.find(id, client);
    return job && this.durable?.journal.hides(job) ? undefined : job;
  }

  private read<Found>(
    key: JobKey,
    here: (job: JobRecord) => Found,
    stored: (archive: Archive) => Promise<Found>,
  ): Found | Promise<Found> {
    const job = this.find(key);
    if (job) return here(job);
    if (!this.durable) throw noSuchJob(key);
    return stored(this.durable.archive);
  }
}
