import type { JobService } from '../../plugin/job-service.ts';
import type { NotifyMethod, NotifyRequest, NotifyResponse } from '../../plugin/notify-calls.ts';

/** Calls a method of notifications. Loaded on demand: it needs zod, which attach starts without. */
export async function askNotify<Method extends NotifyMethod>(
  service: JobService,
  method: Method,
  request: NotifyRequest<Method>,
): Promise<NotifyResponse<Method>> {
  const { callNotify } = await import('../../plugin/notify-calls.ts');
  return await callNotify(service, method, request);
}
