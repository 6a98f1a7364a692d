import type { ConnectRouter } from '@connectrpc/connect';
import { Gateway as GatewayService, StatusReader } from '../../../../schemas/api/tenten/interview/service_pb.js';
import type { Gateway } from '../gateway/gateway.ts';
import { createStatusReader, type StatusEvents } from '../status/status-reader.ts';
import type { PresenceStore } from '../store/presence-store.ts';

export const gatewayService = (gateway: Gateway) => (router: ConnectRouter) =>
  router.service(GatewayService, { connect: (pongs, context) => gateway.connect(pongs, context) });

export const statusService = (store: Pick<PresenceStore, 'count'>, events: StatusEvents) => (router: ConnectRouter) =>
  router.service(StatusReader, createStatusReader(store, events));
