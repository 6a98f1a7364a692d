import type { Builtin } from './builtin.ts';
import { cancelWord } from './builtins/cancel.ts';
import { clientsWord } from './builtins/clients.ts';
import { exitWord } from './builtins/exit.ts';
import { expectWord } from './builtins/expect.ts';
import { helpWord } from './builtins/help.ts';
import { jobsWord } from './builtins/jobs.ts';
import { logsWord } from './builtins/logs.ts';
import { signalWord } from './builtins/signal.ts';
import { sleepWord } from './builtins/sleep.ts';
import { sourceWord } from './builtins/source.ts';
import { useWord } from './builtins/use.ts';
import { waitWord } from './builtins/wait.ts';

/** The words of the shell itself, in the order of `help`. */
export const builtins: readonly Builtin[] = [
  helpWord,
  clientsWord,
  useWord,
  jobsWord,
  logsWord,
  cancelWord,
  signalWord,
  waitWord,
  sleepWord,
  expectWord,
  sourceWord,
  exitWord,
];
