import type { JobService, JobView } from '../../../index.ts';
import type { CheckStates } from '../state/check-states.ts';
import { summaryOf, windowNames } from '../state/series.ts';
import type { CheckRow } from './check-row.ts';

/** Of all checks what is known now, by name and client. */
export async function listChecks(states: CheckStates, service: JobService): Promise<CheckRow[]> {
  const nowMs = Date.now();
  const running = new Map((await service.list({ state: 'running' })).map((job) => [`${job.id} ${job.client}`, job]));
  const rows = (await states.list()).map(({ known, series }): CheckRow => {
    const { check, client, state, sinceMs, job, last } = known;
    const { atMs: lastAtMs, errorKind, error, status, totalMs, certificateDaysLeft, url } = last;
    return {
      ...{ check, client, state, sinceMs, silent: silence(running.get(`${job.id} ${client}`)), number: job.number },
      ...{ lastAtMs, errorKind, error, status, totalMs, certificateDaysLeft, url },
      windows: Object.fromEntries(windowNames.map((name) => [name, summaryOf(series, name, nowMs)])),
    };
  });
  return rows.sort((one, other) => compare(one.check, other.check) || compare(one.client, other.client));
}

function silence(job: JobView | undefined): string | null {
  if (!job) return 'its job has ended';
  return job.state === 'unreachable' ? 'its client is away' : null;
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
