import { type History, jobRecords } from './history.ts';
import { checkBegun, checkEnds, checkRepeats } from './job-rules.ts';
import { lostRule } from './lost-rule.ts';
import { checkServer } from './server-rules.ts';

/** What a run broke. `key` is the command and client that it is about. */
export interface Violation {
  readonly rule:
    | 'missing outcome'
    | 'two outcomes'
    | 'begun twice'
    | 'begun'
    | 'lost'
    | 'said after the end'
    | 'output'
    | 'error'
    | 'summary'
    | 'stuck';
  readonly what: string;
  readonly key?: string;
}

/** All that must hold of a run, whatever its faults were. Empty where it does. */
export function checkHistory(history: History): Violation[] {
  const checkLost = lostRule(history);
  return [
    ...history.servers.flatMap((server) => [...checkServer(server)]),
    ...jobRecords(history).flatMap((job) => [
      ...checkEnds(job, history),
      ...checkRepeats(job, history),
      ...checkBegun(job),
      ...checkLost(job),
    ]),
  ];
}
