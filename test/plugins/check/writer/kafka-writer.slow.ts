import { Producer } from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Consumption } from '../../../../src/plugins/check/kafka/consume.ts';
import { parseKafkaAddress } from '../../../../src/plugins/check/kafka/kafka-address.ts';
import { ResultStore } from '../../../../src/plugins/check/writer/store/result-store.ts';
import { Writer } from '../../../../src/plugins/check/writer/writer.ts';
import { KafkaBroker, noKafka } from '../../../support/kafka-broker.ts';
import { makeTopic } from '../../../support/kafka-topic.ts';
import { noPostgres, PostgresCluster } from '../../../support/postgres-cluster.ts';
import { dayMs, result } from './messages.ts';

const why = noKafka ?? noPostgres;

let broker: KafkaBroker;
let cluster: PostgresCluster;
beforeAll(async () => {
  if (why !== undefined) return;
  [broker, cluster] = await Promise.all([KafkaBroker.start(), PostgresCluster.start()]);
}, 120_000);
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

/** Sends results of 20 checks, numbered. */
async function produce(topic: string, from: number, count: number, other: readonly Buffer[] = []): Promise<void> {
  const producer = new Producer({ clientId: 'test', bootstrapBrokers: [broker.address], retries: 20, retryDelay: 200 });
  const values = Array.from({ length: count }, (_, at) => {
    const seq = from + at;
    const one = result({ seq, check: `site-${seq % 20}`, plannedAtMs: Date.now() - seq * 1_000 });
    return { key: one.check, value: Buffer.from(JSON.stringify(one)) };
  });
  const messages = [...values, ...other.map((value) => ({ key: 'other', value }))];
  await producer.send({ messages: messages.map(({ key, value }) => ({ topic, key: Buffer.from(key), value })) });
  await producer.close();
}

/** A writer of one topic and one place; `rows` resolves when all writers together have stored this many. */
class Running implements AsyncDisposable {
  readonly store: ResultStore;
  poison = 0;
  own = 0;
  private readonly ending = new AbortController();
  private readonly done: Promise<void>;
  private readonly onChange: () => void;

  constructor(topic: string, place: string, onChange: () => void) {
    this.store = new ResultStore(place, { keepMs: 30 * dayMs, keepHourlyMs: 30 * dayMs });
    this.onChange = onChange;
    const address = parseKafkaAddress(`kafka://${broker.address}/${topic}`);
    if (!address) throw new Error('no address');
    const openSource = () => Consumption.open(address, {}, `group-${topic}`);
    const events = {
      stored: ({ rows, poison }: { rows: number; poison: readonly unknown[] }) => {
        this.own += rows;
        this.poison += poison.length;
        this.onChange();
      },
      ...{ storeFailing() {}, brokerFailing() {}, lag() {}, dropped() {} },
    };
    this.done = new Writer({ openSource, store: this.store, events, maxRows: 100 }).run(this.ending.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ending.abort();
    await this.done;
    await this.store[Symbol.asyncDispose]();
  }
}

class Scene {
  readonly topic: string;
  readonly place = cluster.place();
  readonly writers: Running[] = [];
  private wake = (): void => {};

  constructor(topic: string) {
    this.topic = topic;
  }

  start(): Running {
    const writer = new Running(this.topic, this.place, () => this.wake());
    this.writers.push(writer);
    return writer;
  }

  get rows(): number {
    return this.writers.reduce((sum, { own }) => sum + own, 0);
  }

  async until(isThere: () => boolean): Promise<void> {
    while (!isThere()) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  count(what: string): string {
    const schema = this.writers[0]?.store.address.schema;
    return cluster.sql(`SELECT ${what} FROM ${schema}.results`);
  }
}

describe.skipIf(why !== undefined)('between a real broker and a real database, a writer', () => {
  test('stores each result once, and keeps messages that are not results', async () => {
    await makeTopic(broker.address, 'plain');
    const scene = new Scene('plain');
    await produce('plain', 1, 300, [Buffer.from('no JSON'), Buffer.from('{}')]);
    {
      await using writer = scene.start();
      await scene.until(() => scene.rows === 300 && writer.poison === 2);
    }
    // The next one continues at the offset of the group.
    await produce('plain', 301, 10);
    await using next = scene.start();
    await scene.until(() => next.own === 10);
    expect(scene.count('count(*), count(DISTINCT origin)')).toBe('310|310');
  });

  test('shares the partitions with another one, and takes them over when that ends', async () => {
    await makeTopic(broker.address, 'shared');
    const scene = new Scene('shared');
    await using stays = scene.start();
    await produce('shared', 1, 200);
    await scene.until(() => scene.rows === 200);
    let sent = 200;
    {
      await using leaves = scene.start();
      // The other one gets its share when the group rebalances.
      while (leaves.own === 0) {
        await produce('shared', sent + 1, 100);
        sent += 100;
        await scene.until(() => scene.rows === sent);
      }
    }
    await produce('shared', sent + 1, 100);
    await scene.until(() => scene.rows === sent + 100);
    expect(stays.own).toBeGreaterThan(200);
    expect(scene.count('count(*), count(DISTINCT origin)')).toBe(`${sent + 100}|${sent + 100}`);
  });

  test('continues after broker and database were killed twice each, and loses and duplicates nothing', async () => {
    await makeTopic(broker.address, 'killed');
    const scene = new Scene('killed');
    await using writer = scene.start();
    await writer.store.open();
    let sent = 0;
    const more = async () => {
      await produce('killed', sent + 1, 150);
      sent += 150;
    };
    for (let times = 0; times < 2; times += 1) {
      await more();
      await broker.down('SIGKILL');
      await broker.up();
      await more();
      await cluster.down('SIGKILL');
      await more();
      await cluster.up();
      await more();
    }
    await scene.until(() => Number(scene.count('count(*)')) === sent);
    expect(scene.count('count(*), count(DISTINCT origin)')).toBe(`${sent}|${sent}`);
    const { schema } = writer.store.address;
    expect(cluster.sql(`SELECT sum(results) FROM ${schema}.hourly`)).toBe(String(sent));
  }, 180_000);
});
