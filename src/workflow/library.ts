// The front door `signalbox/workflows`. What reads and carries out workflows is loaded when there is one.

import type { Collection } from '../store/collection.ts';
import { Workflows } from './workflows.ts';

export { callSchedule, type ScheduleView } from '../plugin/schedule-calls.ts';
export { callWorkflow, type RunDetails, type RunView, type TaskView } from '../plugin/workflow-calls.ts';
export type { Workflows } from './workflows.ts';

export interface WorkflowsOptions {
  /** The store of the server: runs go on after a restart. Default: in memory, for as long as the workflows live. */
  readonly store?: { collection<Value>(name: string): Collection<Value> };
  /** A folder of `.yaml` files, which are run by their names and by their schedules. It is watched. Default: none. */
  readonly folder?: string;
  /** How long after its end a run is deleted, in ms. Default: never. */
  readonly keepForMs?: number;
  /** Away for longer than this a client is `gone`, in ms. Give it what the server has. Default: 60,000. */
  readonly lostAfterMs?: number;
  /** Is told what somebody should know: a file of the folder that is broken, say. Default: a process warning. */
  readonly warn?: (sentence: string) => void;
}

/**
 * Workflows for a server of `createServer`: give it `methods`, then call `start` with it. Dispose them before the server.
 * `callWorkflow` and `callSchedule` ask for what they do.
 */
export function createWorkflows({ store, keepForMs, warn, ...options }: WorkflowsOptions = {}): Workflows {
  return new Workflows({
    ...options,
    ...(store && { collections: (name) => store.collection(name) }),
    ...(keepForMs !== undefined && { keepMs: keepForMs }),
    warn: warn ?? ((sentence) => process.emitWarning(sentence, 'SignalboxWarning')),
  });
}
