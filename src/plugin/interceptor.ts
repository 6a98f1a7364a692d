import type { CommandContract, JobSignal } from '../../schemas/index.ts';
import type { JobRef } from '../jobs/events.ts';
import type { HistoryFilter, ListFilter, SubmitOptions } from './job-service.ts';
import type { CancelOptions } from './send-options.ts';

/** A page of the history. */
export interface HistoryPageOf {
  /** Maximum number of jobs, 1 to 1,000. Default: 100. */
  readonly limit?: number;
  /** `next` of the previous page. Default: the first page. */
  readonly from?: string;
}

/** A call of a method of `JobService` before it is performed. `actor` is the caller. */
export type Call = { readonly actor: string } & (
  | {
      readonly method: 'submit';
      /** The targets as given. */
      readonly targets: readonly string[];
      /**
       * The clients that the targets resolve to. An interceptor may remove some. `pick` chooses among the remaining
       * ones.
       */
      readonly clients: readonly string[];
      readonly command: CommandContract;
      /** The arguments after validation by the contract. */
      readonly args: Readonly<Record<string, unknown>>;
      readonly options: SubmitOptions;
      /**
       * Set when waiting places of an earlier submission are about to get clients: `clients` are the suitable ones, and
       * nothing else can be changed. Absent for a new submission.
       */
      readonly batchId?: string;
    }
  | { readonly method: 'cancel'; readonly jobs: readonly JobRef[]; readonly options: CancelOptions }
  | { readonly method: 'signal'; readonly jobs: readonly JobRef[]; readonly signal: JobSignal }
  | { readonly method: 'get' | 'output' | 'records'; readonly job: JobRef }
  | { readonly method: 'list'; readonly filter: ListFilter }
  | { readonly method: 'history'; readonly filter: HistoryFilter; readonly page: HistoryPageOf }
  | { readonly method: 'clients' | 'watch' }
  | { readonly method: 'forget'; readonly client: string }
  | { readonly method: 'resolve'; readonly target: readonly string[] }
  | { readonly method: 'waitForClients'; readonly count: number }
  /** A method of a plug-in, `PLUGIN/NAME`, with its request before validation. */
  | { readonly method: 'call'; readonly name: string; readonly request: unknown }
);

/** A call that affects existing jobs. */
export type Control = Extract<Call, { readonly method: 'cancel' | 'signal' }>;

/**
 * Called before every method of `JobService`. It can pass the call to `next`, changed or unchanged, and act before and
 * after that. An error that it throws refuses the call. The method returns what the interceptor returns. Interceptors
 * are nested in order, the first outermost.
 *
 * A changed call is checked again: method and actor must stay the same, and `clients` must only lose names. For a
 * `submit`, call `next` at most once, and only before the interceptor has settled. `watch` returns a reader; to filter
 * its events, return an async generator over it. Submissions of one actor wait for each other, so an interceptor that
 * submits needs another actor: `service.as(name)`.
 */
export type Interceptor = (call: Call, next: (call: Call) => Promise<unknown>) => Promise<unknown>;
