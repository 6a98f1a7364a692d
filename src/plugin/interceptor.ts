import type { CommandContract, JobSignal } from '../../schemas/index.ts';
import type { JobRef } from '../jobs/events.ts';
import type { HistoryFilter, ListFilter, SubmitOptions } from './job-service.ts';
import type { CancelOptions } from './send-options.ts';

/** Which page of the history. */
export interface HistoryPageOf {
  readonly limit?: number;
  readonly from?: string;
}

/** A call of a `JobService` method before it is carried out. `actor` is the caller. */
export type Call = { readonly actor: string } & (
  | {
      readonly method: 'submit';
      /** As typed. */
      readonly targets: readonly string[];
      /** The clients that the targets resolve to. An interceptor may remove some; with `pick` the choice is among the rest. */
      readonly clients: readonly string[];
      readonly command: CommandContract;
      /** After validation by the contract's schema. */
      readonly args: Readonly<Record<string, unknown>>;
      readonly options: SubmitOptions;
      /**
       * Set where places of this submission, which waited, get their clients: `clients` are those that fit now, and nothing
       * but them can be changed. Absent where a command is submitted.
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
  /** A method that a plug-in has added, `PLUGIN/NAME`, with its request before it is checked. */
  | { readonly method: 'call'; readonly name: string; readonly request: unknown }
);

/** A call that does something to jobs that there are. */
export type Control = Extract<Call, { readonly method: 'cancel' | 'signal' }>;

/**
 * Called before every method of a `JobService`. It may pass the call on to `next`, changed or not, and act before and
 * after; an error that it throws refuses the call. The method returns what the interceptor returns. Interceptors are
 * called in order, the first outermost.
 *
 * A changed call is checked again: method and actor must stay, `clients` may only lose names. Call `next` at most once
 * for a `submit`, and only before the interceptor has settled. `watch` returns a reader; to filter its events, return an
 * async generator over it. Submissions of one actor wait for each other, so an
 * interceptor that submits needs another actor: `service.as(name)`.
 */
export type Interceptor = (call: Call, next: (call: Call) => Promise<unknown>) => Promise<unknown>;
