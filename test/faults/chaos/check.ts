import { type History, jobRecords } from './history.ts';
import { checkBegun, checkEnds, checkRepeats } from './job-rules.ts';
import { lostRule } from './lost-rule.ts';
import { checkServer } from './server-rules.ts';
import { checkListed, checkRefused, ownershipOf, storedRule } from './stored-rules.ts';
import type { Violation } from './violation.ts';

/** Everything that must hold for a run, whatever its faults were. Empty if it does. */
export function checkHistory(history: History): Violation[] {
  const checkLost = lostRule(history);
  const checkStored = storedRule(history);
  const isOwn = history.stores && ownershipOf(history);
  return [
    ...history.servers.flatMap((server) => [...checkServer(server, isOwn)]),
    ...checkRefused(history),
    ...checkListed(history),
    ...jobRecords(history).flatMap((job) => [
      ...(history.stores ? checkStored(job) : [...checkEnds(job, history), ...checkRepeats(job, history)]),
      ...checkBegun(job),
      ...checkLost(job),
    ]),
  ];
}
