import {
  type ArgsOf,
  type CommandContract,
  type JobSignal,
  type ResultOf,
  SignalboxError,
} from '../../schemas/index.ts';
import { deepCopy } from '../deep-copy.ts';
import type { Event, JobRef } from '../jobs/events.ts';
import type { EmittedRecord } from '../jobs/received-records.ts';
import type { OutputRun } from '../kept-output.ts';
import type { ClientView } from '../plugin/client-view.ts';
import type { SeenJob, Sight } from '../plugin/guard.ts';
import type { Call } from '../plugin/interceptor.ts';
import type { JobGroup } from '../plugin/job-group.ts';
import type {
  EventReader,
  HistoryFilter,
  HistoryPage,
  JobDetails,
  JobKey,
  JobService,
  JobView,
  ListFilter,
  SubmitOptions,
  WatchOptions,
} from '../plugin/job-service.ts';
import type { CancelOptions } from '../plugin/send-options.ts';
import { rejectOnAbort } from '../reject-on-abort.ts';
import { noSuchJob } from './archive.ts';
import { GuardedReader, isIterator } from './guarded-reader.ts';
import { nextTooLate, passInterceptors } from './pass-interceptors.ts';
import type { Asked, Page, ServiceCore, Submission } from './service-core.ts';
import type { SubmitOrder } from './submit-order.ts';

/** The service for callers in the process of the server. Every call passes the interceptors. */
export class LocalService implements JobService {
  private readonly core: ServiceCore;
  private readonly actor: string;

  constructor(core: ServiceCore, actor: string) {
    this.core = core;
    this.actor = actor;
  }

  get bootId(): string {
    return this.core.bootId;
  }

  get endpoint(): string {
    return this.core.endpoint;
  }

  get commands(): ReadonlyMap<string, CommandContract> {
    const sight = this.core.sightOf(this.actor);
    if (!sight) return this.core.commands;
    return new Map([...this.core.commands].filter(([name]) => sight.seesCommand(name)));
  }

  get groups(): ReadonlyMap<string, string> {
    const sight = this.core.sightOf(this.actor);
    if (!sight) return this.core.groups;
    // The definition of a group may name clients that the actor cannot see.
    return new Map([...this.core.groups.keys()].flatMap((name) => (sight.seesGroup(name) ? [[name, '']] : [])));
  }

  async submit<C extends CommandContract>(
    target: string | readonly string[],
    command: C,
    args: ArgsOf<C>,
    options: SubmitOptions = {},
  ): Promise<JobGroup<ResultOf<C>>> {
    options.signal?.throwIfAborted();
    const { core, actor } = this;
    const asked = { actor, targets: listOf(target), command, args, options };
    const recalled = core.recall(asked, this.cancelAll);
    const group =
      core.interceptorsOf(actor).length === 0 && !recalled
        ? core.submit(core.check(asked), this.cancelAll)
        : this.submitInTurn(asked, recalled);
    // Results are checked against the contract before they reach the handle.
    return group as JobGroup<ResultOf<C>> | Promise<JobGroup<ResultOf<C>>>;
  }

  async cancel(jobs: readonly JobKey[], options: CancelOptions = {}): Promise<void> {
    const found = this.refsOf(jobs);
    const refs = found instanceof Promise ? await found : found;
    const call = { method: 'cancel', actor: this.actor, jobs: refs, options } as const;
    await this.pass(call, (passed) => {
      const done = this.core.cancel(passed.jobs, passed.options);
      this.core.controlled(passed);
      return done;
    });
  }

  async signal(jobs: readonly JobKey[], signal: JobSignal): Promise<void> {
    const found = this.refsOf(jobs);
    const refs = found instanceof Promise ? await found : found;
    const call = { method: 'signal', actor: this.actor, jobs: refs, signal } as const;
    await this.pass(call, (passed) => {
      this.core.signal(passed.jobs, passed.signal);
      this.core.controlled(passed);
    });
  }

  async get(job: JobKey): Promise<JobDetails> {
    const call = { method: 'get', actor: this.actor, job: await this.refOf(job) } as const;
    return await this.pass(call, (passed) => this.core.get(passed.job));
  }

  async list(filter: ListFilter = {}): Promise<JobView[]> {
    return await this.pass({ method: 'list', actor: this.actor, filter }, (passed) => this.core.list(passed.filter));
  }

  async history(filter: HistoryFilter = {}, page: Page = {}): Promise<HistoryPage> {
    const call = { method: 'history', actor: this.actor, filter, page } as const;
    return await this.pass(call, (passed) => this.core.history(passed.filter, passed.page));
  }

  async output(job: JobKey): Promise<readonly OutputRun[]> {
    const call = { method: 'output', actor: this.actor, job: await this.refOf(job) } as const;
    return await this.pass(call, (passed) => this.core.output(passed.job));
  }

  async records(job: JobKey): Promise<readonly EmittedRecord[]> {
    const call = { method: 'records', actor: this.actor, job: await this.refOf(job) } as const;
    return await this.pass(call, (passed) => this.core.records(passed.job));
  }

  async clients(): Promise<ClientView[]> {
    return await this.pass({ method: 'clients', actor: this.actor }, () => this.core.clients());
  }

  async forget(client: string): Promise<void> {
    const call = { method: 'forget', actor: this.actor, client } as const;
    await this.pass(call, (passed) => this.core.forget(passed.client, passed.actor));
  }

  async resolve(target: string | readonly string[]): Promise<string[]> {
    const call = { method: 'resolve', actor: this.actor, target: listOf(target) } as const;
    return await this.pass(call, (passed) => this.core.resolve(passed.target, passed.actor));
  }

  async waitForClients(count: number, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    const call = { method: 'waitForClients', actor: this.actor, count } as const;
    await rejectOnAbort(
      this.pass(call, (passed) => this.core.waitForClients(passed.count, passed.actor, signal)),
      signal,
    );
  }

  watch(options: WatchOptions = {}): EventReader {
    const { signal } = options;
    const reader = this.core.watch(options);
    if (this.core.interceptorsOf(this.actor).length === 0) return reader;
    return new GuardedReader(reader, this.allowed(reader), signal);
  }

  async call(method: string, request: unknown, { signal }: { readonly signal?: AbortSignal } = {}): Promise<unknown> {
    signal?.throwIfAborted();
    const call = { method: 'call', actor: this.actor, name: method, request } as const;
    const context = {
      ...{ service: this, actor: this.actor, signal: signal ?? new AbortController().signal },
      seesJob: (job: SeenJob) => this.core.sightOf(this.actor)?.seesJob(job, undefined) ?? true,
    };
    return await rejectOnAbort(
      this.pass(call, (passed) => this.core.call(passed, context)),
      signal,
    );
  }

  as(actor: string): JobService {
    return new LocalService(this.core, actor);
  }

  private async allowed(reader: EventReader): Promise<AsyncIterator<Event>> {
    let isPassed = false;
    const given = await this.pass<Call, unknown>({ method: 'watch', actor: this.actor }, () => {
      isPassed = true;
      return reader;
    });
    if (!isIterator(given)) throw new SignalboxError('bad_usage', 'an interceptor of watch did not return a reader');
    // A reader that is never read would hold back acks.
    if (!isPassed) await reader[Symbol.asyncDispose]();
    return given;
  }

  /** Interceptors of several submissions run concurrently; the submissions themselves keep their order. */
  private async submitInTurn(asked: Asked, recalled: Promise<void> | undefined): Promise<JobGroup> {
    const turn = this.core.order.next(this.actor);
    try {
      if (recalled) await rejectOnAbort(recalled, asked.options.signal);
      return await this.submitPassed(this.core.check(asked), turn);
    } finally {
      turn.done();
    }
  }

  private async submitPassed(submission: Submission, turn: ReturnType<SubmitOrder['next']>): Promise<JobGroup> {
    const { signal } = submission.options;
    let isSubmitted = false;
    let isOver = false;
    const submit = async (passed: Submission) => {
      await turn.isMine;
      signal?.throwIfAborted();
      if (isOver) throw nextTooLate();
      if (isSubmitted) throw new SignalboxError('bad_usage', 'an interceptor has called next twice');
      isSubmitted = true;
      const group = this.core.submit(passed, this.cancelAll, submission);
      // What interceptors do after `next` must not delay later submissions.
      turn.done();
      return group;
    };
    const { targets, clients, args, options } = submission;
    // Copied, so that changes in place do not affect the original request.
    const call = {
      ...submission,
      targets: [...targets],
      clients: [...clients],
      args: deepCopy(args),
      options: { ...options },
    };
    try {
      return await rejectOnAbort(this.pass(call, submit), signal);
    } finally {
      isOver = true;
    }
  }

  private readonly cancelAll = (jobs: readonly JobKey[]): Promise<void> => this.cancel(jobs);

  private refsOf(jobs: readonly JobKey[]): readonly JobRef[] | Promise<JobRef[]> {
    const refs = jobs.map((job) => this.refOf(job));
    return refs.every((ref): ref is JobRef => !(ref instanceof Promise)) ? refs : Promise.all(refs);
  }

  /** @throws SignalboxError `no_such_job`, also for a job that the actor cannot see. */
  private refOf(job: JobKey): JobRef | Promise<JobRef> {
    const sight = this.core.sightOf(this.actor);
    return sight ? this.seenRefOf(job, sight) : this.core.refOf(job);
  }

  private async seenRefOf(job: JobKey, sight: Sight): Promise<JobRef> {
    const ref = await this.core.refOf(job);
    const isPlace = ref.client === null;
    if (sight.seesJob(ref, isPlace ? (await this.core.get(ref)).actor : undefined)) return ref;
    throw noSuchJob(job);
  }

  private pass<C extends Call, Result>(call: C, work: (passed: C) => Result | Promise<Result>): Promise<Result> {
    return passInterceptors(this.core.interceptorsOf(this.actor), call, work);
  }
}

/** A copy, because the caller may change the list later. */
const listOf = (target: string | readonly string[]): readonly string[] =>
  typeof target === 'string' ? [target] : [...target];
