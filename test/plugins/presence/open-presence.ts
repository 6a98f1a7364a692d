import type { Status } from '../../../schemas/api/tenten/interview/service_pb.js';
import { Gateway, type GatewayOptions } from '../../../src/plugins/presence/gateway/gateway.ts';
import type { Dropped, GatewayEvents } from '../../../src/plugins/presence/gateway/gateway-events.ts';
import { hostPortText } from '../../../src/plugins/presence/model/host-port.ts';
import { type PresenceLimits, presenceLimits } from '../../../src/plugins/presence/model/limits.ts';
import { saysOnline } from '../../../src/plugins/presence/model/online.ts';
import { serveGrpc } from '../../../src/plugins/presence/serve/serve-grpc.ts';
import { gatewayService, statusService } from '../../../src/plugins/presence/serve/services.ts';
import { CachedCount } from '../../../src/plugins/presence/store/cached-count.ts';
import type { PresenceStore } from '../../../src/plugins/presence/store/presence-store.ts';

/** All reports of a gateway, newest last. */
export class Told implements GatewayEvents {
  readonly refusals: string[] = [];
  readonly drops: Dropped[] = [];
  readonly batches: number[] = [];
  readonly failures: (string | undefined)[] = [];
  pongs = 0;
  onlinePongs = 0;
  pings = 0;
  private readonly waits = new Set<{ readonly isThere: () => boolean; readonly go: () => void }>();

  /** Resolves when this holds, which is checked at each event. */
  async until(isThere: () => boolean): Promise<void> {
    if (isThere()) return;
    await new Promise<void>((go) => this.waits.add({ isThere, go }));
  }

  pinged(users: number): void {
    this.pings += users;
    this.look();
  }

  ponged(status: Status): void {
    this.pongs += 1;
    if (saysOnline(status)) this.onlinePongs += 1;
    // Its effects happen in the same turn.
    queueMicrotask(() => this.look());
  }

  refused(code: string): void {
    this.refusals.push(code);
    this.look();
  }

  dropped(reason: Dropped): void {
    this.drops.push(reason);
    this.look();
  }

  stored(rows: number): void {
    this.batches.push(rows);
    this.look();
  }

  storeFailing(error: Error | undefined): void {
    this.failures.push(error?.message);
    this.look();
  }

  private look(): void {
    for (const wait of this.waits) {
      if (!wait.isThere()) continue;
      this.waits.delete(wait);
      wait.go();
    }
  }
}

type Options = Partial<Omit<GatewayOptions, 'store' | 'events' | 'limits'>> & {
  readonly limits?: Partial<PresenceLimits>;
};

/** A gateway and a status service at one port of loopback. Its pings are 50 times as fast as outside tests. */
export async function openPresence(store: PresenceStore, { limits, ...options }: Options = {}) {
  await using opening = new AsyncDisposableStack();
  const told = new Told();
  const gateway = opening.use(
    new Gateway({ store, events: told, pingEveryMs: 20, storeEveryMs: 20, ...options, ...(limits && { limits }) }),
  );
  const listening = opening.use(
    await serveGrpc(
      { host: '127.0.0.1', port: 0 },
      [gatewayService(gateway), statusService({ counts: new CachedCount(store), onAsked() {} })],
      { ...presenceLimits, ...limits },
    ),
  );
  const opened = opening.move();
  return {
    ...{ gateway, told },
    address: hostPortText(listening.at),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
