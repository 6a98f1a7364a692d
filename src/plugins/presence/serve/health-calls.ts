import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import {
  type Health,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from '../../../../schemas/api/grpc/health/v1/health_pb.js';

/** `grpc.health.v1.Health`, for proxies. Each service is `SERVING` until `ending` aborts. */
export function healthCalls(
  services: readonly string[],
  ending: AbortSignal,
): Pick<ServiceImpl<typeof Health>, 'check'> {
  const known: ReadonlySet<string> = new Set(['', ...services]);
  return {
    check({ service }) {
      if (!known.has(service)) throw new ConnectError(`there is no service ${service}`, Code.NotFound);
      return create(HealthCheckResponseSchema, { status: ending.aborted ? Status.NOT_SERVING : Status.SERVING });
    },
  };
}
