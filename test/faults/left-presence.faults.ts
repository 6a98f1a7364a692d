import { setTimeout as passing } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Status } from '../../schemas/api/tenten/interview/service_pb.js';
import { windowMs } from '../../src/plugins/presence/model/online.ts';
import { PresenceProgram } from '../e2e/presence/presence-programs.ts';
import { fetchOnlineUsers, GrpcUser } from '../plugins/presence/grpc-user.ts';
import { noPostgres, PostgresCluster } from '../support/postgres-cluster.ts';

/** How much of the window really passes: `WINDOW_SECONDS=180` for all of it. The rows are aged by the rest. */
const seconds = Number(process.env.WINDOW_SECONDS ?? 5);
const toleratedMs = 2_000;

test.skipIf(noPostgres !== undefined)(
  'a user who has left is counted for 180 s after its last pong, and no longer; one who stays is still counted',
  { timeout: seconds * 1_000 + 180_000 },
  async () => {
    await using cluster = await PostgresCluster.start();
    const store = ['--store', cluster.address('schema=signalbox')];
    await using gateway = await PresenceProgram.start('gateway', ...store);
    await using other = await PresenceProgram.start('gateway', ...store);
    await using status = await PresenceProgram.start('status', ...store);
    await using _stays = new GrpcUser(gateway.address, { 'user-id': 'stays' });
    let pongMs = 0;
    let isLeaving = false;
    const answers = () => {
      if (isLeaving) return undefined;
      pongMs = performance.now();
      return Status.ODD;
    };
    await using leaves = new GrpcUser(gateway.address, { 'user-id': 'leaves' }, answers);
    await using again = new GrpcUser(other.address, { 'user-id': 'leaves' }, answers);
    await expect.poll(() => fetchOnlineUsers(status.address), { timeout: 15_000 }).toBe(2);
    isLeaving = true;
    expect([await leaves.leave(), await again.leave()]).toEqual(['OK', 'OK']);
    // Its last pong is stored.
    await passing(toleratedMs);
    const movedMs = windowMs - seconds * 1_000;
    const older = `UPDATE signalbox_presence.online_users SET seen_at = seen_at - ${movedMs} * interval '1 ms'`;
    if (movedMs > 0) cluster.sql(`${older} WHERE user_id = 'leaves'`);
    let lastMs = 0;
    for (let count = 2; count === 2; ) {
      const askedMs = performance.now();
      count = await fetchOnlineUsers(status.address);
      if (count === 2) lastMs = askedMs;
      else expect(count).toBe(1);
      await passing(100);
    }
    const goneMs = performance.now();
    const [counted, gone] = [lastMs - pongMs + movedMs, goneMs - pongMs + movedMs];
    process.stderr.write(`counted for ${(counted / 1_000).toFixed(2)} s, gone after ${(gone / 1_000).toFixed(2)} s\n`);
    expect(counted).toBeGreaterThan(windowMs - toleratedMs);
    expect(gone).toBeLessThan(windowMs + toleratedMs);
  },
);
