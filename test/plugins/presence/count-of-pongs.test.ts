import { afterAll, beforeAll, expect, test } from 'vitest';
import { Status } from '../../../schemas/api/tenten/interview/service_pb.js';
import { saysOnline, windowMs } from '../../../src/plugins/presence/model/online.ts';
import { PostgresPresence } from '../../../src/plugins/presence/store/postgres-presence.ts';
import { noPostgres, PostgresCluster } from '../../support/postgres-cluster.ts';
import { chooseSeed, createRandom } from '../../support/random.ts';
import { fetchOnlineUsers, GrpcUser } from './grpc-user.ts';
import { openPresence } from './open-presence.ts';
import { MovedClock } from './store-cases.ts';

const steps = Number(process.env.STEPS ?? 25);
/** The delay that the machine may add between a pong and its row. */
const slackMs = 6_000;

const manners = [
  [Status.EVEN, Status.ODD],
  [Status.EVEN, Status.ODD],
  [Status.ODD, Status.UNKNOWN],
  [Status.UNKNOWN],
  [undefined],
] as const;

let cluster: PostgresCluster;
beforeAll(async () => {
  if (noPostgres === undefined) cluster = await PostgresCluster.start();
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

/** One store of two gateways, whose clock moves between two batches: that of the gateways, and that of the rows. */
class MovedStore extends PostgresPresence {
  private readonly clock: MovedClock;
  private last: Promise<unknown> = Promise.resolve();

  constructor(place: string, clock: MovedClock) {
    super(place, { now: clock.now });
    this.clock = clock;
  }

  override async put(...given: Parameters<PostgresPresence['put']>): Promise<void> {
    await this.alone(() => super.put(...given));
  }

  async pass(ms: number): Promise<void> {
    await this.alone(async () => {
      cluster.sql(`UPDATE ${this.address.schema}.online_users SET seen_at = seen_at - ${ms} * interval '1 ms'`);
      this.clock.aheadMs += ms;
    });
  }

  /** Resolves when no batch is in progress. */
  async alone(work: () => Promise<void>): Promise<void> {
    const done = this.last.then(work);
    this.last = done.catch(() => {});
    await done;
  }
}

test.skipIf(noPostgres !== undefined)(
  'the count matches a model of the pongs, for users that join two gateways, answer in any way, leave and are forgotten',
  { timeout: 300_000 },
  async () => {
    const seed = chooseSeed();
    const random = createRandom(seed);
    const clock = new MovedClock();
    await using store = new MovedStore(cluster.place(), clock);
    await store.count();
    await using one = await openPresence(store, { now: clock.now });
    await using other = await openPresence(store, { now: clock.now });
    await using opened = new AsyncDisposableStack();
    const lastMs = new Map<string, number>();
    let sent = 0;
    let isQuiet = false;
    const present = new Set<{ readonly user: GrpcUser; isLeaving: boolean }>();

    const join = () => {
      const userId = `user-${random.int(1, 8)}`;
      const answers = random.pick(manners);
      const { address } = random.pick([one, other]);
      const answer = () => {
        const status = random.pick<Status | undefined>(answers);
        if (visitor.isLeaving || status === undefined) return undefined;
        if (isQuiet) return Status.UNKNOWN;
        if (!saysOnline(status)) return status;
        sent += 1;
        lastMs.set(userId, clock.now());
        return status;
      };
      const visitor = { user: opened.use(new GrpcUser(address, { 'user-id': userId }, answer)), isLeaving: false };
      present.add(visitor);
      void visitor.user.ended.then(() => present.delete(visitor));
    };
    const leave = async () => {
      const [visitor] = [...present].slice(random.int(0, present.size - 1));
      if (!visitor) return;
      visitor.isLeaving = true;
      await visitor.user.leave();
    };
    /** All sent pongs have been read and stored. */
    const settle = async () => {
      isQuiet = true;
      const isStored = () => one.told.onlinePongs + other.told.onlinePongs === sent;
      const waiting = () => one.gateway.waitingRows + other.gateway.waitingRows;
      await expect.poll(() => isStored() && waiting() === 0, { timeout: 60_000, interval: 20 }).toBe(true);
      await store.alone(async () => {});
    };

    let exact = 0;
    for (let at = 0; at < steps; at += 1) {
      for (let more = random.int(1, 3); more > 0; more -= 1) join();
      if (random.int(0, 2) === 0) await leave();
      if (random.int(0, 1) === 0) await leave();
      const { pings } = one.told;
      await one.told.until(() => one.gateway.connections === 0 || one.told.pings > pings);
      await settle();
      if (random.int(0, 1) === 0) await store.pass(random.pick([31_000, 97_000, 140_000, 200_000] as const));
      const askedMs = clock.now();
      await using reader = await openPresence(store);
      const count = await fetchOnlineUsers(reader.address);
      const most = [...lastMs.values()].filter((ms) => askedMs - ms < windowMs + slackMs).length;
      const least = [...lastMs.values()].filter((ms) => clock.now() - ms < windowMs).length;
      const where = `step ${at}, FAULTS_SEED=${seed}`;
      expect(count, where).toBeGreaterThanOrEqual(least);
      expect(count, where).toBeLessThanOrEqual(most);
      if (least === most) exact += 1;
      isQuiet = false;
    }
    expect(exact).toBeGreaterThan(steps / 2);
  },
);
