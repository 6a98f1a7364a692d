import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPostgresStore } from '../../../src/plugins/postgres/postgres-store.ts';
import { failsWith, HeldStore } from '../../../src/store/contract/held-store.ts';
import { outputOf, sentTo, settled, submissionOf } from '../../../src/store/contract/samples.ts';
import { noPostgres, PostgresCluster } from '../../support/postgres-cluster.ts';
import { Program } from '../../support/program.ts';
import { canMount } from '../../support/small-disk.ts';

const openHeld = (address: string, epoch?: string) => HeldStore.open({ open: () => openPostgresStore(address) }, epoch);

/** Two jobs that have ended, with output. */
function batch(number: number) {
  const pair = [2 * number - 1, 2 * number].map((at) => submissionOf(at));
  const output = outputOf('x'.repeat(60_000));
  const changes = pair.flatMap((one) => [sentTo(['w1'], one), settled({ id: one.id, client: 'w1' }, { output })]);
  return { number, changes };
}

describe.skipIf(noPostgres !== undefined)('PostgreSQL', () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await PostgresCluster.start([], { onSmallDisk: canMount() });
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  test.runIf(canMount())('whose disk is full refuses each batch completely, until there is space again', async () => {
    const address = cluster.place();
    await using held = await openHeld(address);
    const { store } = held;
    await store.commit(batch(1));
    const giveBack = cluster.fillDisk();
    let done = 1;
    const next = () => store.commit(batch(done + 1)).then(() => (done += 1));
    const full = await failsWith(
      'unavailable',
      (async () => {
        for (;;) await next();
      })(),
    );
    expect(full).toMatch(/^no space is left at postgres:.*; free some, or lower --keep and --keep-bytes$/);
    await failsWith('unavailable', next());
    expect(await held.names()).toHaveLength(2 * done);
    giveBack();
    await next();
    await next();
    expect(await held.names()).toHaveLength(2 * done);
  });

  test('that is read-only refuses batches and says so, until it can be written again', async () => {
    await using held = await openHeld(cluster.place());
    const readOnly = (how: 'on' | 'off') => {
      cluster.sql(`ALTER SYSTEM SET default_transaction_read_only = ${how}`);
      cluster.sql('SELECT pg_reload_conf()');
    };
    readOnly('on');
    try {
      const refused = await failsWith(
        'unavailable',
        (async () => {
          for (let number = 1; ; number += 1) await held.store.commit({ number, changes: [] });
        })(),
      );
      expect(refused).toMatch(/ is read-only; name the primary server, or a user who may write$/);
    } finally {
      readOnly('off');
    }
  });

  test.each([
    ['has a damaged page', (table: string) => cluster.damage(table), 'invalid page in block 0'],
    ['has lost a file', (table: string) => cluster.damage(table, 'gone'), 'could not open file'],
  ])('that %s ends a server with 8, which says what to do', async (_, damage, words) => {
    const address = cluster.place();
    await (await openHeld(address))[Symbol.asyncDispose]();
    await damage(`${new URL(address).searchParams.get('schema')}.store`);
    await using server = new Program('server', '--spawn', '1', '--store', address, '-c', 'start');
    expect([await server.exitCode(), server.err]).toEqual([
      8,
      [expect.stringMatching(`^signalbox: postgres:.* is damaged: ${words}.*; restore a backup of it$`)],
    ]);
  });
});
