import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { result } from '../plugins/check/writer/messages.ts';
import { freePort } from '../support/free-port.ts';
import { KafkaBroker, noKafka } from '../support/kafka-broker.ts';
import { makeTopic, produce } from '../support/kafka-topic.ts';
import { newFolder } from '../support/new-folder.ts';
import { noPostgres, PostgresCluster } from '../support/postgres-cluster.ts';
import { Program } from '../support/program.ts';

const why = noKafka ?? noPostgres;
const nowhere = ['--from', 'kafka://127.0.0.1:1/checks', '--to', 'postgres://127.0.0.1:1/box'];

/** `signalbox check writer`, with its log on standard error. */
class WriterProgram extends Program {
  constructor(...args: string[]) {
    super('check', 'writer', '--log', '-', ...args);
  }

  /** The record of its log after this many lines. */
  async logged(message: string, from = 0): Promise<Record<string, unknown>> {
    await expect.poll(() => this.records(message, from).length, { timeout: 60_000 }).toBeGreaterThan(0);
    return this.records(message, from)[0] ?? {};
  }

  records(message: string, from = 0): Record<string, unknown>[] {
    const lines = this.err.slice(from).filter((line) => line.startsWith('{'));
    return lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === message);
  }

  async terminate(): Promise<void> {
    this.child.kill('SIGTERM');
    expect(await this.exitCode()).toBe(0);
  }
}

/** Results of one job, starting at this number. */
const results = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, at) => JSON.stringify(result({ seq: from + at, plannedAtMs: Date.now() - at })));

describe('a writer that cannot start', () => {
  test.for([
    [['--from', 'kafka://127.0.0.1/checks'], 2, /--from must be kafka:\/\/HOST:PORT/],
    [['--from', 'kafka://ann:geheim@127.0.0.1:9092/checks'], 2, /user and password belong in the file/],
    [['--to', 'mysql://127.0.0.1/box'], 2, /--to must be postgres:\/\/HOST\/DATABASE/],
    [['--to', 'postgres://ann:geheim@127.0.0.1/box'], 2, /--to has a password; use PGPASSFILE or PGPASSWORD instead/],
    [['--to', 'postgres://127.0.0.1:1/box?schema=UPPER'], 2, /schema/],
    [['--group', 'a b'], 2, /letters, digits/],
    [['--keep', '0d'], 2, /number of days/],
    [['--keep-hourly', '30'], 2, /number of days/],
    [['--kafka-credentials', '/nowhere/kafka.json'], 7, /kafka-credentials, \/nowhere\/kafka\.json, cannot be read/],
  ] as const)('%j: it exits with %i and says why', async ([args, exitCode, reason]) => {
    await using writer = new WriterProgram(...nowhere, ...args);
    expect(await writer.exitCode()).toBe(exitCode);
    expect(writer.err.join('\n')).toMatch(reason);
    expect(writer.err.join('\n')).not.toContain('geheim');
  });

  test('without --from it exits with 2 and says how to give it', async () => {
    await using writer = new WriterProgram('--to', 'postgres://127.0.0.1/box');
    expect(await writer.exitCode()).toBe(2);
    expect(writer.err.join('\n')).toMatch(/--from is missing.*SIGNALBOX_CHECK_FROM/);
  });

  test('a file of credentials that others can read is refused with 7', async () => {
    const file = join(newFolder(), 'kafka.json');
    writeFileSync(file, '{}', { mode: 0o644 });
    await using writer = new WriterProgram(...nowhere, '--kafka-credentials', file);
    expect(await writer.exitCode()).toBe(7);
    expect(writer.err.join('\n')).toContain(`can be read by others: chmod 640 ${file}`);
  });
});

describe.skipIf(why !== undefined)(`a writer as a process${why === undefined ? '' : ` (${why})`}`, () => {
  let broker: KafkaBroker;
  let cluster: PostgresCluster;
  beforeAll(async () => {
    [broker, cluster] = await Promise.all([KafkaBroker.start(), PostgresCluster.start()]);
  }, 300_000);
  afterAll(async () => {
    await broker?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  const fromTopic = (topic: string) => ['--from', `kafka://${broker.address}/${topic}`];
  /** @param place of `--to`: each has its own schema. */
  const countIn = (place: string): number => {
    const schema = new URL(place).searchParams.get('schema');
    const found = cluster.sql(`SELECT to_regclass('${schema}_checks.results') IS NOT NULL`);
    return found === 't' ? Number(cluster.sql(`SELECT count(*) FROM ${schema}_checks.results`)) : 0;
  };
  const stored = async (place: string, count: number) =>
    await expect.poll(() => countIn(place), { timeout: 60_000, interval: 100 }).toBe(count);

  test('SIGTERM ends it in order: the next writer of its group continues after the last stored result', async () => {
    await makeTopic(broker.address, 'in-order');
    const place = cluster.place();
    {
      await using writer = new WriterProgram(...fromTopic('in-order'), '--to', place);
      await produce(broker.address, 'in-order', results(1, 50));
      await stored(place, 50);
      await writer.terminate();
      expect(writer.records('failed')).toEqual([]);
    }
    // A result stored twice would be a duplicate, which the place hides; a second place shows that no result comes
    // again.
    const other = cluster.place();
    await produce(broker.address, 'in-order', results(51, 10));
    await using next = new WriterProgram(...fromTopic('in-order'), '--to', other);
    await stored(other, 10);
    await next.terminate();
  });

  test('a database that is down at the start is reported and waited for', async () => {
    await makeTopic(broker.address, 'early');
    await produce(broker.address, 'early', results(1, 5));
    const place = cluster.place();
    await cluster.down();
    await using writer = new WriterProgram(...fromTopic('early'), '--to', place);
    const { reason } = await writer.logged('warning');
    expect(reason).toMatch(
      /^postgres:\/\/box@127\.0\.0\.1:\d+\/.* cannot be reached: nobody listens there; .*; trying again$/,
    );
    expect((await writer.logged('database failing')).reason).toMatch(/cannot be reached: nobody listens there/);
    await cluster.up();
    await writer.logged('database works again');
    await stored(place, 5);
    await writer.terminate();
  });

  test('a database that goes down is reported and waited for; SIGTERM ends the wait, and the next writer gets the unstored results', async () => {
    await makeTopic(broker.address, 'amid');
    const place = cluster.place();
    {
      await using writer = new WriterProgram(...fromTopic('amid'), '--to', place);
      await produce(broker.address, 'amid', results(1, 5));
      await stored(place, 5);
      await cluster.down('SIGKILL');
      await produce(broker.address, 'amid', results(6, 5));
      await writer.logged('database failing');
      await writer.terminate();
      await cluster.up();
    }
    expect(countIn(place)).toBe(5);
    await using next = new WriterProgram(...fromTopic('amid'), '--to', place);
    await stored(place, 10);
    await next.terminate();
  });

  test('a missing topic is reported and waited for', async () => {
    const place = cluster.place();
    await using writer = new WriterProgram(...fromTopic('later'), '--to', place);
    expect((await writer.logged('broker failing')).reason).toBe(
      `kafka://${broker.address}/later cannot be read: there is no topic later`,
    );
    await makeTopic(broker.address, 'later');
    await produce(broker.address, 'later', results(1, 3));
    await stored(place, 3);
    await writer.logged('broker works again');
    await writer.terminate();
  });

  test('unreachable brokers are reported; SIGTERM ends the wait', async () => {
    const at = `kafka://127.0.0.1:${await freePort()}/checks`;
    await using writer = new WriterProgram('--from', at, '--to', cluster.place());
    expect((await writer.logged('broker failing')).reason).toMatch(/cannot be reached: nothing listens there$/);
    await writer.terminate();
  });
});
