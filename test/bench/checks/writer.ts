import { randomUUID } from 'node:crypto';
import { loadavg } from 'node:os';
import { Consumption } from '../../../src/plugins/check/kafka/consume.ts';
import { parseKafkaAddress } from '../../../src/plugins/check/kafka/kafka-address.ts';
import { ResultStore } from '../../../src/plugins/check/writer/store/result-store.ts';
import { type Source, Writer } from '../../../src/plugins/check/writer/writer.ts';
import { KafkaBroker } from '../../support/kafka-broker.ts';
import { makeTopic } from '../../support/kafka-topic.ts';
import { PostgresCluster } from '../../support/postgres-cluster.ts';
import { treeSeconds } from '../programs/process-tree.ts';
import { produceResults } from './produce-results.ts';

// How fast a writer moves results from a broker into PostgreSQL:
// SIGNALBOX_TEST_KAFKA=…/libs ROWS=300000 ROUNDS=3 node test/bench/checks/writer.ts
// (BATCH=1: each result in a batch of its own, as a client produces few checks; MAX: rows of a transaction.)

const number = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
const [rows, rounds, batch] = [number('ROWS', 300_000), number('ROUNDS', 3), number('BATCH', 1_000)];
const max = process.env.MAX === undefined ? {} : { maxRows: Number(process.env.MAX) };
const dayMs = 86_400_000;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const sayFault = (error: Error | undefined): void => void (error && say(error.message));

const settings = ['fsync = on', 'shared_buffers = 512MB', 'max_wal_size = 4GB'];
await using cluster = await PostgresCluster.start(settings);
await using broker = await KafkaBroker.start();
const topic = 'checks';
await makeTopic(broker.address, topic);
const beganAt = performance.now();
await produceResults({ broker: broker.address, topic, rows, batch });
say(`${rows} results are in the topic after ${seconds(performance.now() - beganAt)}, in batches of ${batch}`);
const rates: number[] = [];
for (let round = 1; round <= rounds; round += 1) rates.push(await measure(round));
say(`in the middle: ${rates.sort((one, other) => one - other)[Math.floor(rounds / 2)]} rows/s`);

/** The time that the writer waits. The rest is its own work: reading the messages. */
interface Parts {
  broker: number;
  store: number;
  commit: number;
}

/** @returns rows a second. */
async function measure(round: number): Promise<number> {
  const address = parseKafkaAddress(`kafka://${broker.address}/${topic}`);
  if (!address) throw new Error('no address');
  await using store = new ResultStore(cluster.place(), { keepMs: 40 * dayMs, keepHourlyMs: 400 * dayMs });
  await store.open();
  await store.tidy();
  const parts: Parts = { broker: 0, store: 0, commit: 0 };
  const timed = async <Value>(part: keyof Parts, work: () => Promise<Value>): Promise<Value> => {
    const from = performance.now();
    try {
      return await work();
    } finally {
      parts[part] += performance.now() - from;
    }
  };
  const ending = new AbortController();
  let stored = 0;
  let batches = 0;
  let firstAt: number | undefined;
  const openSource = async (): Promise<Source> => {
    const source = await Consumption.open(address, {}, randomUUID());
    return {
      async next(most, signal) {
        const messages = await timed('broker', () => source.next(most, signal));
        firstAt ??= performance.now();
        return messages;
      },
      async commit(messages) {
        await timed('commit', () => source.commit(messages));
        if (stored >= rows) ending.abort();
      },
      [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
    };
  };
  const events = {
    stored(one: { rows: number }) {
      stored += one.rows;
      batches += 1;
    },
    ...{ storeFailing: sayFault, brokerFailing: sayFault, lag() {}, dropped() {} },
  };
  const [load] = loadavg();
  const [ownBefore, othersBefore] = [process.cpuUsage(), cpuOf()];
  const from = performance.now();
  await new Writer({
    ...{ openSource, events, ...max },
    store: { put: (results, poison) => timed('store', () => store.put(results, poison)) },
  }).run(ending.signal);
  const ms = performance.now() - from;
  const rate = Math.round((rows / ms) * 1_000);
  const own = process.cpuUsage(ownBefore);
  const others = cpuOf();
  const work = ms - parts.broker - parts.store - parts.commit;
  say(
    `round ${round}: ${rate} rows/s, ${seconds(ms)} from its start to the last row ` +
      `(${seconds((firstAt ?? from) - from)} to the first), ${batches} batches; load ${load?.toFixed(1)} before`,
  );
  say(
    `  waits for the broker ${seconds(parts.broker)}, PostgreSQL ${seconds(parts.store)}, commits ${seconds(parts.commit)}; ` +
      `the rest, mostly to read messages ${seconds(work)}`,
  );
  say(
    `  processor: writer ${seconds((own.user + own.system) / 1_000)}, ` +
      `PostgreSQL ${seconds((others.postgres - othersBefore.postgres) * 1_000)}, ` +
      `broker ${seconds((others.broker - othersBefore.broker) * 1_000)}`,
  );
  return rate;
}

/** Processor time of both so far, in seconds. */
function cpuOf(): { postgres: number; broker: number } {
  return { postgres: treeSeconds(cluster.pid), broker: treeSeconds(broker.pid) };
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}
