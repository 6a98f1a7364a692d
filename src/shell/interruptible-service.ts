import type { ArgsOf, CommandContract, JobSignal, ResultOf } from '../../schemas/index.ts';
import type { OutputRun } from '../kept-output.ts';
import type { ClientView } from '../plugin/client-view.ts';
import type { JobGroup } from '../plugin/job-group.ts';
import type {
  EventReader,
  JobDetails,
  JobKey,
  JobService,
  JobView,
  ListFilter,
  SubmitOptions,
  WatchOptions,
} from '../plugin/job-service.ts';
import { rejectOnAbort } from '../reject-on-abort.ts';
import type { OwnJobs } from './own-jobs.ts';

/** A service whose calls reject with the reason of `signal` when it aborts: the waits of a line end with the line. */
export class InterruptibleService implements JobService {
  private readonly inner: JobService;
  private readonly interrupted: AbortSignal;
  private readonly own: Pick<OwnJobs, 'begin' | 'endAside'>;

  constructor(inner: JobService, interrupted: AbortSignal, own: Pick<OwnJobs, 'begin' | 'endAside'>) {
    this.inner = inner;
    this.interrupted = interrupted;
    this.own = own;
  }

  get bootId(): string {
    return this.inner.bootId;
  }

  get endpoint(): string {
    return this.inner.endpoint;
  }

  get commands(): ReadonlyMap<string, CommandContract> {
    return this.inner.commands;
  }

  get groups(): ReadonlyMap<string, string> {
    return this.inner.groups;
  }

  /** Not raced: the service ends the call itself, so that a sent group is not lost. */
  async submit<C extends CommandContract>(
    target: string | readonly string[],
    command: C,
    args: ArgsOf<C>,
    options: SubmitOptions = {},
  ): Promise<JobGroup<ResultOf<C>>> {
    this.own.begin();
    let group: JobGroup<ResultOf<C>> | undefined;
    try {
      group = await this.inner.submit(target, command, args, { ...options, signal: this.with(options.signal) });
      return group;
    } finally {
      this.own.endAside(group);
    }
  }

  cancel(...asked: Parameters<JobService['cancel']>): Promise<void> {
    return this.race(this.inner.cancel(...asked));
  }

  signal(jobs: readonly JobKey[], signal: JobSignal): Promise<void> {
    return this.race(this.inner.signal(jobs, signal));
  }

  get(job: JobKey): Promise<JobDetails> {
    return this.race(this.inner.get(job));
  }

  list(filter?: ListFilter): Promise<JobView[]> {
    return this.race(this.inner.list(filter));
  }

  history(...asked: Parameters<JobService['history']>): ReturnType<JobService['history']> {
    return this.race(this.inner.history(...asked));
  }

  output(job: JobKey): Promise<readonly OutputRun[]> {
    return this.race(this.inner.output(job));
  }

  records(job: JobKey): ReturnType<JobService['records']> {
    return this.race(this.inner.records(job));
  }

  clients(): Promise<ClientView[]> {
    return this.race(this.inner.clients());
  }

  forget(client: string): Promise<void> {
    return this.race(this.inner.forget(client));
  }

  resolve(target: string | readonly string[]): Promise<string[]> {
    return this.race(this.inner.resolve(target));
  }

  waitForClients(count: number, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    return this.inner.waitForClients(count, { signal: this.with(signal) });
  }

  watch(options: WatchOptions = {}): EventReader {
    return this.inner.watch({ ...options, signal: this.with(options.signal) });
  }

  call(method: string, request: unknown, { signal }: { readonly signal?: AbortSignal } = {}): Promise<unknown> {
    return this.inner.call(method, request, { signal: this.with(signal) });
  }

  as(actor: string): JobService {
    return new InterruptibleService(this.inner.as(actor), this.interrupted, this.own);
  }

  private race<T>(call: Promise<T>): Promise<T> {
    return rejectOnAbort(call, this.interrupted);
  }

  private with(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([signal, this.interrupted]) : this.interrupted;
  }
}
