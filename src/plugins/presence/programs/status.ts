import type { SubcommandContext } from '../../../index.ts';
import { type HostPort, hostPortText } from '../model/host-port.ts';
import { checkReach } from '../serve/check-reach.ts';
import { serveGrpc } from '../serve/serve-grpc.ts';
import { statusService } from '../serve/services.ts';
import { CachedCount } from '../store/cached-count.ts';
import { openSharedStore } from './open-shared-store.ts';
import { StatusNews } from './status-news.ts';
import { StoreNews } from './store-news.ts';
import { untilAborted } from './until-aborted.ts';

/** The options of `signalbox presence status`. */
export interface StatusValues {
  readonly bind: HostPort;
  readonly store: string;
  readonly insecure?: boolean;
}

/** `signalbox presence status` */
export async function runStatus(
  { bind, store: address, insecure = false }: StatusValues,
  { signal, log, warn, observe, tracer }: SubcommandContext,
): Promise<void> {
  checkReach(bind, { insecure });
  await using cleanup = new AsyncDisposableStack();
  const store = cleanup.use(await openSharedStore(address, warn));
  const failing = new StoreNews(log);
  const news = new StatusNews(failing);
  const counts = new CachedCount(store, { events: news });
  const service = statusService({ counts, onAsked: () => news.asked(), tracer });
  const { at } = cleanup.use(await serveGrpc(bind, [service]));
  cleanup.use(
    await observe({
      health: () =>
        `status service at ${hostPortText(at)}, users counted last: ${news.users ?? 'none yet'}${failing.text}`,
      async metrics() {
        const [{ PresenceRegistry }, { createStatusMetrics }] = await Promise.all([
          import('../metrics/registry.ts'),
          import('../metrics/status-metrics.ts'),
        ]);
        const metrics = new PresenceRegistry().withProcess();
        news.metrics = createStatusMetrics(metrics, () => counts.read());
        return metrics.source;
      },
    }),
  );
  log?.info({ address: hostPortText(at), store: store.address.text }, 'listening');
  await untilAborted(signal);
}
