import type { CommandContract, JobSignal } from '../../schemas/index.ts';
import type { JobRef } from '../jobs/events.ts';
import type { ListFilter, SubmitOptions } from './job-service.ts';

/** A call of a `JobService`, before it is carried out. `actor`: who calls. */
export type Call = { readonly actor: string } & (
  | {
      readonly method: 'submit';
      /** As they were typed. */
      readonly targets: readonly string[];
      /** The clients that these mean. An interceptor may leave some of them out. */
      readonly clients: readonly string[];
      readonly command: CommandContract;
      /** As the contract's schema leaves them. */
      readonly args: Readonly<Record<string, unknown>>;
      readonly options: SubmitOptions;
    }
  | { readonly method: 'cancel'; readonly jobs: readonly JobRef[] }
  | { readonly method: 'signal'; readonly jobs: readonly JobRef[]; readonly signal: JobSignal }
  | { readonly method: 'get' | 'output' | 'records'; readonly job: JobRef }
  | { readonly method: 'list'; readonly filter: ListFilter }
  | { readonly method: 'clients' | 'watch' }
  | { readonly method: 'resolve'; readonly target: readonly string[] }
  | { readonly method: 'waitForClients'; readonly count: number }
);

/**
 * Stands before every method of a `JobService`: it may let the call through, changed or not, do something before and after, or throw, which
 * refuses the call with that error. What `next` resolves with is what the method returns. Several are called in their order, the first outermost.
 *
 * A changed call is checked again: method and actor stay, `clients` is some of what it was. `next` is called at most once for a `submit`, and
 * carries nothing out after the interceptor has settled. An interceptor that itself submits does it as another actor, since submissions of
 * one actor wait for each other.
 */
export type Interceptor = (call: Call, next: (call: Call) => Promise<unknown>) => Promise<unknown>;
