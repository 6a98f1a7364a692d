import type { JsonObject } from '@bufbuild/protobuf';
import { createRegistry, type DescMethod } from '@bufbuild/protobuf';
import { Health } from '../../schemas/api/grpc/health/v1/health_pb.js';
import { ClientService, ErrorSchema, EventService, JobService, ServerService } from '../../schemas/api/index.ts';

/** The result of a call: its messages as JSON, and its status in the words of Connect. */
export interface Called {
  readonly messages: JsonObject[];
  readonly status: string;
  readonly message?: string | undefined;
  /** The `signalbox.v1.Error` of the status. */
  readonly detail?: JsonObject | undefined;
}

export interface CallOptions {
  /** Leave a stream after the first message whose JSON contains this text. Default: at its end. */
  readonly until?: string;
  readonly onMessage?: (message: JsonObject) => void;
  /** Header `signalbox-as` */
  readonly as?: string;
  /** Additional headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls a method, such as `JobService/Submit`, with a request as JSON. */
export type Caller = (method: string, request: JsonObject, options?: CallOptions) => Promise<Called>;

const services = [ClientService, EventService, JobService, ServerService, Health];
export const registry = createRegistry(...services, ErrorSchema);

/** The full name: `signalbox.v1.JobService/Submit`. */
export const pathOf = (method: string) => (method.startsWith('grpc.') ? method : `signalbox.v1.${method}`);

export function methodOf(path: string): DescMethod {
  const [service, name] = pathOf(path).split('/');
  const found = services.find(({ typeName }) => typeName === service)?.methods.find((method) => method.name === name);
  if (!found) throw new Error(`no method ${path}`);
  return found;
}

export const isLast = (messages: readonly JsonObject[], until: string | undefined): boolean =>
  until !== undefined && JSON.stringify(messages.at(-1)).includes(until);
