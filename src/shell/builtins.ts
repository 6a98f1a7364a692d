import type { Builtin } from '../plugin/builtin.ts';
import { cancelBuiltin } from './builtins/cancel.ts';
import { clientsBuiltin } from './builtins/clients.ts';
import { exitBuiltin } from './builtins/exit.ts';
import { expectBuiltin } from './builtins/expect.ts';
import { helpBuiltin } from './builtins/help.ts';
import { jobBuiltin } from './builtins/job.ts';
import { jobsBuiltin } from './builtins/jobs.ts';
import { logsBuiltin } from './builtins/logs.ts';
import { notifyBuiltin } from './builtins/notify.ts';
import { rerunBuiltin } from './builtins/rerun.ts';
import { scheduleBuiltin } from './builtins/schedule.ts';
import { signalBuiltin } from './builtins/signal.ts';
import { sleepBuiltin } from './builtins/sleep.ts';
import { sourceBuiltin } from './builtins/source.ts';
import { useBuiltin } from './builtins/use.ts';
import { waitBuiltin } from './builtins/wait.ts';
import { workflowBuiltin } from './builtins/workflow.ts';

/** The builtins of every shell, in the order of `help`. */
export const builtins: readonly Builtin[] = [
  helpBuiltin,
  clientsBuiltin,
  useBuiltin,
  jobsBuiltin,
  jobBuiltin,
  logsBuiltin,
  rerunBuiltin,
  cancelBuiltin,
  signalBuiltin,
  waitBuiltin,
  sleepBuiltin,
  expectBuiltin,
  sourceBuiltin,
  workflowBuiltin,
  scheduleBuiltin,
  notifyBuiltin,
  exitBuiltin,
];
