import type { JobService } from '../../plugin/job-service.ts';
import type { RequestOf, ResponseOf, WorkflowMethod } from '../../plugin/workflow-calls.ts';

/** Calls a method of workflows. Loaded on demand: it needs zod, which attach starts without. */
export async function ask<Method extends WorkflowMethod>(
  service: JobService,
  method: Method,
  request: RequestOf<Method>,
  options?: { readonly signal?: AbortSignal },
): Promise<ResponseOf<Method>> {
  const { callWorkflow } = await import('../../plugin/workflow-calls.ts');
  return await callWorkflow(service, method, request, options);
}
