import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { ConnectError, ConnectRouter } from '@connectrpc/connect';
import { Gateway as GatewayService, StatusReader } from '../../../../schemas/api/tenten/interview/service_pb.js';
import { connectCall } from '../gateway/connect-call.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { PresenceLimits } from '../model/limits.ts';
import { createStatusReader, type StatusReaderOptions } from '../status/status-reader.ts';
import { answerUser, isPlainGrpc } from './user-stream.ts';

/** A service of a listener. */
export interface Service {
  addTo(router: ConnectRouter): void;
  /** Answers a call without Connect, if it can. @returns whether it did */
  answer?(
    path: string,
    request: Http2ServerRequest,
    response: Http2ServerResponse,
    limits: Pick<PresenceLimits, 'goodbyeMs'>,
  ): boolean;
  /** Ends the calls that `answer` accepted. */
  end?(error: ConnectError): void;
}

const connectPath = `/${GatewayService.typeName}/Connect`;

export const gatewayService = (gateway: Gateway): Service => ({
  addTo: (router) =>
    void router.service(GatewayService, { connect: (pongs, context) => connectCall(gateway, pongs, context) }),
  answer(path, request, response, limits) {
    if (path !== connectPath || !isPlainGrpc(request)) return false;
    answerUser(gateway, request, response, limits);
    return true;
  },
  end: (error) => gateway.end(error),
});

export const statusService = (options: StatusReaderOptions): Service => ({
  addTo: (router) => void router.service(StatusReader, createStatusReader(options)),
});
