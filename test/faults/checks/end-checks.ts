import { createServer, openSqliteStore } from '../../../src/index.ts';
import { type KafkaAccount, kafkaAccountSchema } from '../../../src/plugins/check/contracts/kafka-account.ts';
import plugin from '../../../src/plugins/check/plugin.ts';
import type { ChecksScene } from './checks-scene.ts';

/** How a job ended. */
export interface Ended {
  readonly id: string;
  readonly client: string | null;
  readonly check: unknown;
  readonly kafka: KafkaAccount;
}

/**
 * Another server takes over the store of the first one, and cancels all checks.
 * @returns how they ended.
 */
export async function endChecks({ server: first, bind, store: path }: ChecksScene): Promise<readonly Ended[]> {
  await first.end();
  await using store = await openSqliteStore({ path });
  await using server = await createServer({ bind, store, plugins: [plugin] });
  await using reader = server.watch({ signal: AbortSignal.timeout(60_000) });
  // Also those that clients have not reported yet: their cancel waits for them.
  const running = (await server.list()).filter(({ state }) => state !== 'settled');
  const left = new Map(running.map((job) => [job.id, job]));
  await server.cancel(running);
  const ended: Ended[] = [];
  for await (const event of reader) {
    if (event.type !== 'job.settled') continue;
    const job = left.get(event.id);
    if (!job || !left.delete(event.id)) continue;
    if (event.outcome !== 'cancelled') throw new Error(`a check ended as ${JSON.stringify(event)}`);
    const { id, client } = event;
    const { kafka } = event.result as { kafka: unknown };
    ended.push({ id, client, check: job.args.name, kafka: kafkaAccountSchema.parse(kafka) });
    if (left.size === 0) break;
  }
  if (left.size > 0) throw new Error(`${left.size} checks were cancelled and have not ended`);
  return ended;
}
