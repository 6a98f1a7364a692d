import type { SubcommandContext } from '../../../index.ts';
import { Gateway } from '../gateway/gateway.ts';
import { type HostPort, hostPortText } from '../model/host-port.ts';
import { checkReach } from '../serve/check-reach.ts';
import { serveGrpc } from '../serve/serve-grpc.ts';
import { gatewayService } from '../serve/services.ts';
import { GatewayNews } from './gateway-news.ts';
import { openSharedStore } from './open-shared-store.ts';
import { readUserSecret } from './read-secret.ts';
import { StoreNews } from './store-news.ts';
import { untilAborted } from './until-aborted.ts';

/** The options of `signalbox presence gateway`. */
export interface GatewayValues {
  readonly bind: HostPort;
  readonly store: string;
  readonly userSecretFile?: string;
  readonly insecure?: boolean;
}

/** `signalbox presence gateway` */
export async function runGateway(
  { bind, store: address, userSecretFile, insecure = false }: GatewayValues,
  { signal, log, warn, observe, tracer }: SubcommandContext,
): Promise<void> {
  checkReach(bind, { insecure });
  const secret = readUserSecret(userSecretFile);
  if (insecure && !secret)
    warn('--insecure without --user-secret-file: anyone who reaches this address can connect as any user');
  await using cleanup = new AsyncDisposableStack();
  const store = cleanup.use(await openSharedStore(address, warn));
  const failing = new StoreNews(log);
  const news = new GatewayNews(failing);
  const gateway = cleanup.use(new Gateway({ store, secret, events: news, tracer }));
  const { at } = cleanup.use(await serveGrpc(bind, [gatewayService(gateway)]));
  cleanup.use(
    await observe({
      health: () =>
        `gateway at ${hostPortText(at)}, users: ${gateway.users}, connections: ${gateway.connections}, waiting rows: ${gateway.waitingRows}${failing.text}`,
      async metrics() {
        const [{ PresenceRegistry }, { createGatewayMetrics }] = await Promise.all([
          import('../metrics/registry.ts'),
          import('../metrics/gateway-metrics.ts'),
        ]);
        const metrics = new PresenceRegistry().withProcess();
        news.metrics = createGatewayMetrics(metrics, gateway);
        return metrics.source;
      },
    }),
  );
  log?.info({ address: hostPortText(at), store: store.address.text }, 'listening');
  await untilAborted(signal);
}
