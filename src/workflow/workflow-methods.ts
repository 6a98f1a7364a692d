import type { MethodContext, ServiceMethod } from '../plugin/service-method.ts';
import { type RequestOf, type ResponseOf, type WorkflowMethod, workflowCalls } from '../plugin/workflow-calls.ts';

type Handlers = {
  readonly [Method in WorkflowMethod]?: (
    request: RequestOf<Method>,
    context: MethodContext,
  ) => Promise<ResponseOf<Method>>;
};

const handlers: Handlers = {
  // Reading a text loads what a server without workflows does not need.
  check: async (source, { service }) => (await import('./check-text.ts')).checkText(source, service.commands),
};

/** The methods of workflows by their full names. */
export function workflowMethods(): ReadonlyMap<string, ServiceMethod> {
  return new Map(
    Object.entries(handlers).map(([name, handle]) => {
      const { request, response } = workflowCalls[name as WorkflowMethod];
      const method = { name, request, response, handle } as ServiceMethod;
      return [`workflow/${name}`, method];
    }),
  );
}
