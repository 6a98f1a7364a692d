import { isConnected, jobKey } from '../matchers.ts';
import type { History, JobRecord } from './history.ts';
import { isOfJob, outcomeOf } from './history.ts';
import type { Violation } from './violation.ts';

/**
 * A job is lost only with the process that had it: the process that started it was killed before. If none started it,
 * one was killed before, and the job was sent when the next one had not yet connected.
 */
export function lostRule(history: History): (job: JobRecord) => Generator<Violation> {
  const sentAfterMs = sentAfter(history);
  const lives = Map.groupBy(history.clients, ({ name }) => name);
  return function* checkLost({ key, id, client, ends, begunBy }) {
    for (const { line, server } of ends) {
      // A restored older copy does not know the fate of the job.
      if (outcomeOf(line) !== 'lost' || (history.servers[server]?.putBacks ?? 0) > 0) continue;
      const lostMs = line.ts ?? 0;
      const hadEnded = (endedMs: number | undefined) => endedMs !== undefined && endedMs <= lostMs;
      if (begunBy.length > 0) {
        if (begunBy.some(({ endedMs }) => hadEnded(endedMs))) continue;
        yield { rule: 'lost', key, what: 'the process that began it lived on' };
      } else {
        const mayHaveHadIt = (lives.get(client) ?? []).some(({ endedMs }, at, all) => {
          const nextMs = all[at + 1]?.lines.find(isConnected)?.ts ?? Number.POSITIVE_INFINITY;
          return hadEnded(endedMs) && sentAfterMs(id) <= nextMs;
        });
        if (!mayHaveHadIt)
          yield { rule: 'lost', key, what: 'its client was not killed between its sending and its loss' };
      }
    }
  };
}

/** A script sends a command when all targets have accepted or refused the previous one: not before this. */
function sentAfter({ servers }: History): (id: string) => number {
  const answered = new Map<string, number>();
  const seen = new Set<string>();
  for (const line of servers.flatMap(({ lines }) => lines)) {
    const isFirst = isOfJob(line) && line.adopted !== true && !seen.has(jobKey(line));
    if (!isFirst || line.id === undefined) continue;
    seen.add(jobKey(line));
    answered.set(line.id, Math.max(answered.get(line.id) ?? 0, line.ts ?? 0));
  }
  return (id) => {
    const [boot, counter] = id.split('.');
    return answered.get(`${boot}.${Number(counter) - 1}`) ?? 0;
  };
}
