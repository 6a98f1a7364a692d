import { setTimeout as passing } from 'node:timers/promises';
import { PostgresCluster } from '../../support/postgres-cluster.ts';
import { Program } from '../../support/program.ts';
import type { Random } from '../../support/random.ts';
import { addUsers } from './model-user.ts';
import { PongModel } from './pong-model.ts';
import { PresenceProcess } from './presence-process.ts';

const swarm = 20;

/** Two gateways and two status services over one PostgreSQL, two swarms of the same users, and users of a model. */
export class PresenceScene implements AsyncDisposable {
  readonly model = new PongModel();
  readonly random: Random;
  readonly cluster: PostgresCluster;
  gateways: readonly PresenceProcess[] = [];
  statuses: readonly PresenceProcess[] = [];
  private readonly place: string;
  private readonly stack = new AsyncDisposableStack();

  private constructor(random: Random, cluster: PostgresCluster) {
    this.random = random;
    this.cluster = this.stack.use(cluster);
    this.place = cluster.address('schema=signalbox');
  }

  static async open(random: Random): Promise<PresenceScene> {
    const scene = new PresenceScene(random, await PostgresCluster.start());
    const { model, stack } = scene;
    model.database.calmSinceMs = performance.now();
    const of = (name: string) => (address: string) => ['presence', name, '--bind', address, '--store', scene.place];
    const started = ['gateway', 'gateway', 'status', 'status'].map((name) => PresenceProcess.start(model, of(name)));
    const processes = await Promise.all(started);
    for (const one of processes) stack.use(one);
    scene.gateways = processes.slice(0, 2);
    scene.statuses = processes.slice(2);
    for (const { address } of scene.gateways) {
      const users = ['--id', 'swarm', '--count', String(swarm)];
      await stack.use(new Program('presence', 'user', '--connect', address, ...users)).line(/^20 of 20 /);
    }
    for (let number = 1; number <= swarm; number += 1) model.addConstant(`swarm-${number}`);
    return scene;
  }

  /** Users who join and leave until the scene ends. */
  addUsers(count: number): void {
    const [one, other] = this.gateways;
    if (!one || !other) throw new Error('no gateways');
    this.stack.use(addUsers(count, { model: this.model, random: this.random, places: [one, other] }));
  }

  /** Keeps PostgreSQL from answering, until it accepts connections again. */
  async outage(fault: () => Promise<void>): Promise<void> {
    this.model.disturbed(this.model.database, performance.now());
    await fault();
    for (;;) {
      try {
        this.cluster.sql('SELECT 1');
        break;
      } catch {
        await passing(20);
      }
    }
    this.model.database.calmSinceMs = performance.now();
  }

  /**
   * Ages the rows of some users who have left.
   * @returns how many.
   */
  age(ms: number): number {
    const gone = this.model.gone().filter(() => this.random.int(0, 1) === 0);
    const ids = gone.map((userId) => `'${userId}'`).join();
    if (gone.length > 0) {
      this.cluster.sql(
        `UPDATE signalbox_presence.online_users SET seen_at = seen_at - ${ms} * interval '1 ms' WHERE user_id IN (${ids})`,
      );
    }
    for (const userId of gone) this.model.age(userId, ms);
    return gone.length;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stack.disposeAsync();
  }
}
