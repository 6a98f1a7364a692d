import type { JobService, JobView, MethodContext } from '../../../index.ts';
import type { CheckStates } from '../state/check-states.ts';
import { jobOf } from '../state/known-check.ts';
import { noSeries, type Series, summaryOf, windowNames } from '../state/series.ts';
import type { CheckRow } from './check-row.ts';
import { unheardChecks } from './unheard-checks.ts';

/** The state of the visible checks, by name and client, and why checks of the configuration do not run. */
export async function listChecks(
  states: CheckStates,
  service: JobService,
  seesJob: MethodContext['seesJob'],
): Promise<CheckRow[]> {
  const nowMs = Date.now();
  const running = new Map((await service.list({ state: 'running' })).map((job) => [`${job.id} ${job.client}`, job]));
  const unheard = (await unheardChecks(service)).filter(({ client, vouched }) =>
    seesJob({ command: 'check', client, vouched }),
  );
  const windowsOf = (series: Series) =>
    Object.fromEntries(windowNames.map((name) => [name, summaryOf(series, name, nowMs)]));
  const seen = (await states.list()).filter(({ known }) => seesJob(jobOf(known)));
  const rows = seen.map(({ known, series }): CheckRow => {
    const { check, client, state, sinceMs, job, last, skipped = 0, kafka = null } = known;
    const { atMs: lastAtMs, errorKind, error, status, totalMs, certificateDaysLeft, url } = last;
    const reason = unheard.find((one) => one.check === check && one.client === client)?.reason;
    const silent = reason ?? silence(running.get(`${job.id} ${client}`));
    return {
      ...{ check, client, state, sinceMs, silent, number: job.number, skipped, lastAtMs },
      ...{
        errorKind,
        error,
        status,
        totalMs,
        certificateDaysLeft,
        url,
        kafka,
        windows: windowsOf(kafka ? noSeries : series),
      },
    };
  });
  const others = unheard.filter(
    ({ check, client }) => !rows.some((row) => row.check === check && row.client === client),
  );
  const all = [
    ...rows,
    ...others.map(({ check, client, reason: silent }): CheckRow => {
      return { ...unknown, check, client, silent, windows: windowsOf(noSeries) };
    }),
  ];
  return all.sort((one, other) => compare(one.check, other.check) || compare(one.client ?? '', other.client ?? ''));
}

/** The row of a check without results. */
const unknown = {
  ...{ state: null, sinceMs: null, number: null, skipped: null, lastAtMs: null, errorKind: null, error: null },
  ...{ status: null, totalMs: null, certificateDaysLeft: null, url: null, kafka: null },
};

function silence(job: JobView | undefined): string | null {
  if (!job) return 'its job has ended';
  return job.state === 'unreachable' ? 'its client is away' : null;
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
