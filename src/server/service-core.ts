import type { CommandContract, JobSignal } from '../../schemas/index.ts';
import type { JobRef } from '../jobs/events.ts';
import type { EmittedRecord } from '../jobs/received-records.ts';
import type { OutputRun } from '../kept-output.ts';
import type { ClientView } from '../plugin/client-view.ts';
import type { Sight } from '../plugin/guard.ts';
import type { Call, Control, HistoryPageOf, Interceptor } from '../plugin/interceptor.ts';
import type { JobGroup } from '../plugin/job-group.ts';
import type {
  EventReader,
  HistoryFilter,
  HistoryPage,
  JobDetails,
  JobKey,
  JobView,
  ListFilter,
  SubmitOptions,
  WatchOptions,
} from '../plugin/job-service.ts';
import type { CancelOptions } from '../plugin/send-options.ts';
import type { MethodContext } from '../plugin/service-method.ts';
import type { SubmitOrder } from './submit-order.ts';

/** A page of the history. */
export type Page = HistoryPageOf;

/** Cancels jobs on behalf of their handles. */
export type Cancel = (jobs: readonly JobKey[]) => Promise<void>;

export type Submission = Extract<Call, { method: 'submit' }>;

/** A submission as requested by its caller. */
export interface Asked {
  readonly actor: string;
  readonly targets: readonly string[];
  readonly command: CommandContract;
  readonly args: object;
  readonly options: SubmitOptions;
}

/** The server behind a `LocalService`. Its methods bypass interceptors. */
export interface ServiceCore {
  readonly bootId: string;
  readonly endpoint: string;
  readonly commands: ReadonlyMap<string, CommandContract>;
  readonly groups: ReadonlyMap<string, string>;
  interceptorsOf(actor: string): readonly Interceptor[];
  /** Undefined for an actor that sees everything. */
  sightOf(actor: string): Sight | undefined;
  readonly order: SubmitOrder;
  /**
   * Looks for the jobs of a submission's key, if that takes time.
   * @returns undefined if there is nothing to wait for. Otherwise the submission keeps its place in the order of its
   * actor.
   */
  recall(asked: Asked, cancel: Cancel): Promise<void> | undefined;
  /** Checks a submission without sending it. @throws SignalboxError */
  check(asked: Asked): Submission;
  /**
   * @param cancel called by the handles to cancel jobs.
   * @param asked the submission before interceptors have changed it.
   * @returns a promise with a durable store: it resolves when the submission is stored.
   * @throws SignalboxError if an interceptor's change cannot be sent.
   */
  submit(submission: Submission, cancel: Cancel, asked?: Submission): JobGroup | Promise<JobGroup>;
  /** Returns a promise if the job is only in the store; so do `get` and `output`. @throws SignalboxError `no_such_job` */
  refOf(job: JobKey): JobRef | Promise<JobRef>;
  cancel(jobs: readonly JobKey[], options: CancelOptions): void | Promise<void>;
  signal(jobs: readonly JobKey[], signal: JobSignal): void;
  /** Called after a call has been carried out. */
  controlled(call: Control): void;
  get(job: JobKey): JobDetails | Promise<JobDetails>;
  list(filter: ListFilter): JobView[];
  history(filter: HistoryFilter, page: Page): Promise<HistoryPage>;
  output(job: JobKey): readonly OutputRun[] | Promise<readonly OutputRun[]>;
  records(job: JobKey): readonly EmittedRecord[] | Promise<readonly EmittedRecord[]>;
  clients(): ClientView[];
  /** @throws SignalboxError `no_such_target`, `bad_usage` */
  forget(client: string, actor: string): void;
  resolve(target: readonly string[], actor: string): string[];
  waitForClients(count: number, actor: string, signal: AbortSignal | undefined): Promise<void>;
  watch(options: WatchOptions): EventReader;
  /** @throws SignalboxError `unknown_command`, `bad_arguments`, `command_failed` */
  call(called: { readonly name: string; readonly request: unknown }, context: MethodContext): Promise<unknown>;
}
