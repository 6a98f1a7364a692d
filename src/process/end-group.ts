import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from './clock.ts';
import type { ProcessGroup } from './containment.ts';
import { sendSignal } from './proc.ts';

/** Between two looks at what is left, from and to; no look is taken while a job runs. */
const pollMs = { first: 2, longest: 32 };
/** A process that has not ended so long after KILL waits inside the kernel, or is not ours to kill. */
const afterKillMs = 2_000;

/**
 * Ends all processes of a group: TERM, time to heed it, KILL.
 * @param killAtMs when grace is over; asked again and again, since it may be brought forward.
 * @returns those that are still there.
 */
export async function endGroup(group: ProcessGroup, killAtMs: () => number): Promise<number[]> {
  let members = await group.members();
  for (const pid of members) {
    sendSignal(pid, 'SIGTERM');
    // One that is stopped would not notice before it goes on.
    sendSignal(pid, 'SIGCONT');
  }
  members = await untilNone(group, members, killAtMs, async () => {});
  if (members.length === 0) return members;
  const giveUpAtMs = monotonicMs() + afterKillMs;
  await group.kill();
  return untilNone(
    group,
    await group.members(),
    () => giveUpAtMs,
    () => group.kill(),
  );
}

async function untilNone(
  group: ProcessGroup,
  now: number[],
  untilMs: () => number,
  again: () => Promise<void>,
): Promise<number[]> {
  let members = now;
  let waitMs = pollMs.first;
  for (;;) {
    const leftMs = untilMs() - monotonicMs();
    if (members.length === 0 || leftMs <= 0) return members;
    await sleep(Math.min(waitMs, leftMs));
    waitMs = Math.min(waitMs * 2, pollMs.longest);
    await again();
    members = await group.members();
  }
}
