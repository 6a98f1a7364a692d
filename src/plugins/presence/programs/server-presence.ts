import type { Collection, MetricsSource, SubcommandLog, Tracer } from '../../../index.ts';
import { Gateway } from '../gateway/gateway.ts';
import { type HostPort, hostPortText } from '../model/host-port.ts';
import { checkReach } from '../serve/check-reach.ts';
import { serveGrpc } from '../serve/serve-grpc.ts';
import { gatewayService, statusService } from '../serve/services.ts';
import { CachedCount } from '../store/cached-count.ts';
import { KeptPresence } from '../store/kept-presence.ts';
import { MemoryPresence } from '../store/memory-presence.ts';
import { PostgresPresence } from '../store/postgres-presence.ts';
import type { PresenceStore } from '../store/presence-store.ts';
import { GatewayNews } from './gateway-news.ts';
import { isShared } from './open-shared-store.ts';
import { readUserSecret } from './read-secret.ts';
import { StatusNews } from './status-news.ts';
import { StoreNews } from './store-news.ts';

interface ServerPresenceOptions {
  readonly at: HostPort;
  readonly insecure: boolean;
  readonly userSecretFile: string | undefined;
  /** The store address of the server, as given. */
  readonly storeAddress: string | undefined;
  /** Collections in the store of the server; undefined if it has no store. */
  readonly collections: (<Value>(name: string) => Collection<Value>) | undefined;
  readonly log: SubcommandLog | undefined;
  readonly warn: (line: string) => void;
  /** Adds a source to the metrics of the server; undefined if it has none. */
  readonly addMetrics: ((source: MetricsSource) => void) | undefined;
  /** The tracer of the server; undefined if it has none. */
  readonly tracer: Tracer | undefined;
}

/**
 * Runs a gateway and a status service in a server, on one port, until disposed. With PostgreSQL, they share users with the
 * gateways and status services of other processes.
 * @throws SignalboxError `insecure_endpoint`, `not_allowed`, `cannot_bind`, and errors of the store
 */
export async function openServerPresence(options: ServerPresenceOptions): Promise<AsyncDisposable> {
  const { at: bind, insecure, userSecretFile, log, warn, addMetrics, tracer } = options;
  checkReach(bind, { insecure });
  const secret = readUserSecret(userSecretFile);
  if (insecure && !secret) warn('--presence without --user-secret-file: anyone who reaches it can connect as any user');
  await using opening = new AsyncDisposableStack();
  const store = opening.use(await openStore(options));
  const writing = new GatewayNews(new StoreNews(log));
  const reading = new StatusNews(new StoreNews(log));
  const gateway = opening.use(new Gateway({ store, secret, events: writing, tracer }));
  const counts = new CachedCount(store, { events: reading });
  if (addMetrics) {
    const [{ PresenceRegistry }, { createGatewayMetrics }, { createStatusMetrics }] = await Promise.all([
      import('../metrics/registry.ts'),
      import('../metrics/gateway-metrics.ts'),
      import('../metrics/status-metrics.ts'),
    ]);
    const metrics = new PresenceRegistry();
    writing.metrics = createGatewayMetrics(metrics, gateway);
    reading.metrics = createStatusMetrics(metrics, () => counts.read());
    addMetrics(metrics.source);
  }
  const status = statusService({ counts, onAsked: () => reading.asked(), tracer });
  const { at } = opening.use(await serveGrpc(bind, [gatewayService(gateway), status]));
  log?.info({ address: hostPortText(at) }, 'answering presence');
  return opening.move();
}

async function openStore({ storeAddress = '', collections }: ServerPresenceOptions): Promise<PresenceStore> {
  if (isShared(storeAddress)) return new PostgresPresence(storeAddress);
  return collections ? await KeptPresence.open(collections('presence')) : new MemoryPresence();
}
