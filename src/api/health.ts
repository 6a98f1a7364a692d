import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect';
import {
  type Health,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from '../../schemas/api/grpc/health/v1/health_pb.js';
import { aborted } from '../until-aborted.ts';

const answer = (status: Status) => create(HealthCheckResponseSchema, { status });

/** `grpc.health.v1.Health`: each service is `SERVING` until `ending` aborts. */
export function healthCalls(services: readonly string[], ending: AbortSignal): ServiceImpl<typeof Health> {
  const known: ReadonlySet<string> = new Set(['', ...services]);
  const now = () => answer(ending.aborted ? Status.NOT_SERVING : Status.SERVING);
  return {
    check({ service }) {
      if (known.has(service)) return now();
      throw new ConnectError(`there is no service ${service}; the services are ${services.join(', ')}`, Code.NotFound);
    },
    async *watch({ service }, { signal }) {
      yield known.has(service) ? now() : answer(Status.SERVICE_UNKNOWN);
      await aborted(signal);
      if (ending.aborted && known.has(service)) yield now();
      throw signal.reason;
    },
  };
}
