import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unknownBoot } from '../../../src/index.ts';
import { openPostgresStore } from '../../../src/plugins/postgres/postgres-store.ts';
import { copyStore } from '../../../src/program/store/copy-store.ts';
import { HeldStore } from '../../../src/store/contract/held-store.ts';
import { submissionOf, waitingFor } from '../../../src/store/contract/samples.ts';
import { noPostgres, PostgresCluster } from '../../support/postgres-cluster.ts';

describe.skipIf(noPostgres !== undefined)('a store in PostgreSQL', () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await PostgresCluster.start();
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  const openHeld = (schema: string, epoch: string) =>
    HeldStore.open({ open: () => openPostgresStore(cluster.address(`schema=${schema}`)) }, epoch);
  const take = async (schema: string, epoch: string) => {
    await using held = await openHeld(schema, epoch);
    return held.taken.unsettled.map(({ bootId }) => bootId);
  };
  const at = () => ['-h', cluster.folder, '-p', String(cluster.port), '-U', 'box', '-d', 'postgres'];

  test('pending commands in a restored dump may have been sent since then, so they are bound to an unknown process', async () => {
    const dump = join(cluster.folder, 'dump.sql');
    {
      await using held = await openHeld('dumped', 'epochone0000');
      await held.commit(waitingFor(['w1'], submissionOf(1)));
      cluster.run('pg_dump', [...at(), '-n', 'dumped', '-f', dump]);
      const job = { id: submissionOf(1).id, client: 'w1' };
      await held.commit({ type: 'bound', job, bootId: 'boot-of-w1' });
    }
    cluster.sql('DROP SCHEMA dumped CASCADE');
    cluster.run('psql', [...at(), '-q', '-f', dump]);
    expect(await take('dumped', 'epochtwo0000')).toEqual([unknownBoot]);
    expect(await take('dumped', 'epochthree00')).toEqual([unknownBoot]);
    cluster.sql('DROP SCHEMA dumped CASCADE');
    cluster.run('psql', [...at(), '-q', '-f', dump]);
    // Its holder existed when the dump was made: as after the lease.
    cluster.sql('UPDATE dumped.store SET heartbeat_at = NULL');
    {
      await using source = await openPostgresStore(cluster.address('schema=dumped'));
      await using target = await openPostgresStore(cluster.address('schema=copied'));
      await copyStore(source, target);
    }
    expect(await take('copied', 'epochtwo0000')).toEqual([unknownBoot]);
  });

  test('its id stays after a restart of PostgreSQL, and changes when a standby was promoted, which may lag behind', async () => {
    {
      await using held = await openHeld('moved', 'epochone0000');
      await held.commit(waitingFor(['w1'], submissionOf(1)));
    }
    await cluster.down();
    await cluster.up();
    expect(await take('moved', 'epochtwo0000')).toEqual([undefined]);
    await cluster.down();
    const standby = join(cluster.folder, 'data', 'standby.signal');
    writeFileSync(standby, '');
    chmodSync(standby, 0o666);
    await cluster.up();
    expect(cluster.sql('SELECT pg_promote()')).toBe('t');
    expect(await take('moved', 'epochthree00')).toEqual([unknownBoot]);
  });
});
