import type { JobService } from '../../plugin/job-service.ts';
import type { ScheduleMethod, ScheduleRequest, ScheduleResponse, ScheduleView } from '../../plugin/schedule-calls.ts';

/** Calls a method of schedules. Loaded on demand: it needs zod, which attach starts without. */
export async function askSchedule<Method extends ScheduleMethod>(
  service: JobService,
  method: Method,
  request: ScheduleRequest<Method>,
): Promise<ScheduleResponse<Method>> {
  const { callSchedule } = await import('../../plugin/schedule-calls.ts');
  return await callSchedule(service, method, request);
}

export async function listSchedules(service: JobService): Promise<ScheduleView[]> {
  const all: ScheduleView[] = [];
  for (let after: string | undefined; ; after = all.at(-1)?.schedule) {
    const { schedules, isMore } = await askSchedule(service, 'list', after === undefined ? {} : { after });
    all.push(...schedules);
    if (!isMore) return all;
  }
}
