import { hash } from 'node:crypto';
import { setTimeout as passing } from 'node:timers/promises';
import { type ResultMessage, resultMessageSchema } from '../../../src/plugins/check/kafka/result-message.ts';
import { messagesOf } from '../../support/kafka-topic.ts';
import type { ChecksScene } from './checks-scene.ts';

const schema = 'signalbox_checks';
/** Longer than a killed member of a consumer group keeps its partitions. */
const patienceMs = 60_000;

/** All results that are in these topics now, in the order of each check. */
export async function producedTo(
  { broker }: ChecksScene,
  topics: readonly string[],
): Promise<readonly ResultMessage[]> {
  const messages = await Promise.all(topics.map((topic) => messagesOf(broker.address, topic)));
  return messages.flat().map(({ value }) => resultMessageSchema.parse(JSON.parse(value)));
}

/**
 * Resolves when this holds for the contents of these topics.
 * @throws Error if it does not for a minute
 */
export async function untilProduced(
  scene: ChecksScene,
  topics: readonly string[],
  holds: (produced: readonly ResultMessage[]) => boolean,
): Promise<void> {
  const untilMs = performance.now() + patienceMs;
  while (!holds(await producedTo(scene, topics))) {
    if (performance.now() > untilMs) throw new Error(`${topics.join(' and ')} do not have what they should`);
    await passing(500);
  }
}

/** The identity of a result, in Kafka and in the table. */
export function identityOf({ check, client, job, seq }: ResultMessage): string {
  const origin = hash('sha256', `${job} ${seq}`, 'buffer').readBigInt64BE();
  return `${check}|${client}|${origin}`;
}

/** All rows of the table, once there are this many, or writers have done nothing for long. */
export async function storedResults({ cluster }: ChecksScene, expected: number): Promise<readonly string[]> {
  const count = () => Number(cluster.sql(`SELECT count(*) FROM ${schema}.results`));
  let rows = count();
  for (let sinceMs = performance.now(); rows < expected && performance.now() - sinceMs < patienceMs; ) {
    await passing(200);
    const more = count();
    if (more > rows) sinceMs = performance.now();
    rows = more;
  }
  const checks = cluster.sql(`SELECT id FROM ${schema}.checks`).split('\n').filter(Boolean);
  return checks.flatMap((id) => {
    const where = `r.check_id = c.id AND c.id = ${id}`;
    const columns = `c.name || '|' || c.client || '|' || r.origin`;
    return cluster.sql(`SELECT ${columns} FROM ${schema}.results r JOIN ${schema}.checks c ON ${where}`).split('\n');
  });
}

export const sumsOf = ({ cluster }: ChecksScene): string =>
  cluster.sql(`SELECT
    (SELECT sum(results) FROM ${schema}.hourly),
    (SELECT count(*) FROM ${schema}.results WHERE error_kind IS NOT DISTINCT FROM 'client_fault'),
    (SELECT count(*) FROM ${schema}.poison)`);
