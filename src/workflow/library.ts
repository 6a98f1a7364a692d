// The front door `signalbox/workflows`. The code that reads and runs workflows is loaded when the first one is used.

import type { Collection } from '../store/collection.ts';
import { Workflows } from './workflows.ts';

export { callSchedule, type ScheduleView } from '../plugin/schedule-calls.ts';
export { callWorkflow, type RunDetails, type RunView, type TaskView } from '../plugin/workflow-calls.ts';
export type { Workflows } from './workflows.ts';

export interface WorkflowsOptions {
  /**
   * The store of the server, in which runs survive a restart. Default: in memory, until the workflows are disposed of.
   */
  readonly store?: { collection<Value>(name: string): Collection<Value> };
  /** A folder of `.yaml` files, run by name and by schedule. It is watched for changes. Default: none. */
  readonly folder?: string;
  /** Time from the end of a run until it is deleted, in ms. Default: never. */
  readonly keepForMs?: number;
  /** Time after which an absent client is `gone`, in ms. Use the value of the server. Default: 60,000. */
  readonly lostAfterMs?: number;
  /** Called with warnings, such as an invalid file in the folder. Default: a process warning. */
  readonly warn?: (sentence: string) => void;
}

/**
 * Creates workflows for a server of `createServer`: pass `methods` to it, then call `start` with it. Dispose of them
 * before the server. Use `callWorkflow` and `callSchedule` to call them.
 */
export function createWorkflows({ store, keepForMs, warn, ...options }: WorkflowsOptions = {}): Workflows {
  return new Workflows({
    ...options,
    ...(store && { collections: (name) => store.collection(name) }),
    ...(keepForMs !== undefined && { keepMs: keepForMs }),
    warn: warn ?? ((sentence) => process.emitWarning(sentence, 'SignalboxWarning')),
  });
}
