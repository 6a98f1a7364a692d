import type { ShellWord } from './word.ts';
import { cancelWord } from './words/cancel.ts';
import { clientsWord } from './words/clients.ts';
import { exitWord } from './words/exit.ts';
import { expectWord } from './words/expect.ts';
import { helpWord } from './words/help.ts';
import { jobsWord } from './words/jobs.ts';
import { logsWord } from './words/logs.ts';
import { signalWord } from './words/signal.ts';
import { sleepWord } from './words/sleep.ts';
import { sourceWord } from './words/source.ts';
import { useWord } from './words/use.ts';
import { waitWord } from './words/wait.ts';

/** The words of the shell itself, in the order of `help`. */
export const shellWords: readonly ShellWord[] = [
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
