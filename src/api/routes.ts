import {
  type ConnectRouterOptions,
  type ContextValues,
  createConnectRouter,
  type Interceptor,
} from '@connectrpc/connect';
import type { UniversalHandler } from '@connectrpc/connect/protocol';
import { Health } from '../../schemas/api/grpc/health/v1/health_pb.js';
import { ClientService } from '../../schemas/api/signalbox/v1/clients_pb.js';
import { EventService } from '../../schemas/api/signalbox/v1/events_pb.js';
import { JobService as JobServiceDesc } from '../../schemas/api/signalbox/v1/jobs_pb.js';
import { ServerService } from '../../schemas/api/signalbox/v1/server_pb.js';
import type { JobService } from '../plugin/job-service.ts';
import type { ApiLimits } from './api-limits.ts';
import { createContexts, payloadsKey } from './call-context.ts';
import { clientCalls } from './clients.ts';
import { connectErrorOf } from './errors.ts';
import { healthCalls } from './health.ts';
import { jobCalls } from './jobs.ts';
import { serverCalls } from './server-calls.ts';
import { type SignedIn, signedInKey, signedOut } from './signed-in.ts';
import { watch } from './watch.ts';

/** Handlers by path. */
export type Routes = ReadonlyMap<string, UniversalHandler>;

/**
 * All calls of the API.
 * @param name of callers that give none.
 * @param ending aborts when the server ends, with the status for calls in progress.
 * @returns handlers for Connect and JSON, and for gRPC. Limits apply to both together.
 */
export function createRoutes(
  service: JobService,
  { name, limits, ending }: { name: string; limits: ApiLimits; ending: AbortSignal },
): { readonly connect: Routes; readonly grpc: Routes } {
  const contextOf = createContexts(service, { name, limits });
  const services = [ClientService, EventService, JobServiceDesc, ServerService].map(({ typeName }) => typeName);
  const routesFor = (protocols: ConnectRouterOptions): Routes => {
    const router = createConnectRouter({
      ...{ grpcWeb: false, acceptCompression: [], readMaxBytes: limits.maxRequestBytes },
      // A misspelled field is an error, as everywhere.
      jsonOptions: { ignoreUnknownFields: false },
      shutdownSignal: ending,
      interceptors: [withStatus],
      ...protocols,
    });
    router
      .service(JobServiceDesc, jobCalls(contextOf))
      .service(ClientService, clientCalls(contextOf))
      .service(EventService, { watch: (request, call) => watch(request, contextOf(call)) })
      .service(ServerService, serverCalls(contextOf))
      .service(Health, healthCalls(services, ending));
    return new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  };
  return { connect: routesFor({ grpc: false }), grpc: routesFor({}) };
}

/** Converts errors to statuses. An error caused by the end of the caller's credentials gets the status for that. */
const withStatus: Interceptor = (next) => async (request) => {
  const { contextValues } = request;
  const caller = contextValues.get(signedInKey);
  try {
    const response = await next(request);
    return response.stream ? { ...response, message: statusFrom(response.message, contextValues) } : response;
  } catch (error) {
    throw statusOfEnd(error, caller);
  }
};

async function* statusFrom<Message>(messages: AsyncIterable<Message>, values: ContextValues): AsyncGenerator<Message> {
  const caller = values.get(signedInKey);
  try {
    for await (const message of messages) {
      if (caller?.signal.aborted) {
        // Discard the payload of the message that is not sent.
        values.get(payloadsKey)?.splice(0);
        throw signedOut(caller);
      }
      yield message;
    }
  } catch (error) {
    throw statusOfEnd(error, caller);
  }
}

const statusOfEnd = (error: unknown, caller: SignedIn | undefined) =>
  caller?.signal.aborted ? signedOut(caller) : connectErrorOf(error);
