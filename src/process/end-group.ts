import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from './clock.ts';
import { type Look, type ProcessGroup, signalLeader } from './containment.ts';
import { type ProcStat, sendSignal } from './proc.ts';

/** Between two looks at what is left, from and to; no look is taken while a job runs. */
const pollMs = { first: 2, longest: 32 };
/** A process that has not ended so long after KILL waits inside the kernel, or is not ours to kill. */
const afterKillMs = 2_000;
/** Minimum number of looks after KILL, so that it has time to act even where a look takes long. */
const fewestLooks = 4;

export interface Ended {
  /** Those that were told to end. */
  readonly terminated: readonly ProcStat[];
  /** Process ids of those that are still there. */
  readonly survivors: readonly number[];
}

/**
 * Ends all processes of a group: TERM, time to heed it, KILL. It is over when the end of the leader has been reported and a
 * complete look finds nobody. Where looks are not complete, for want of descriptors say, the leader's process group is told
 * without one.
 * @param killAtMs when grace is over; asked again and again, since it may be brought forward.
 */
export async function endGroup(group: ProcessGroup, killAtMs: () => number): Promise<Ended> {
  const terminated = new Map<number, ProcStat>();
  const told = { before: false, after: false };
  let reached: number | undefined;
  const left = await untilNone(group, killAtMs, async ({ members, complete }) => {
    // What begins later is part of the leader's way to end. When that has ended, the rest is told as well.
    const now = group.leaderEnded ? 'after' : 'before';
    if (told[now]) return;
    told[now] = complete;
    if (!complete && reached === undefined && !group.leaderEnded) {
      reached = group.leader;
      terminate((signal) => signalLeader(group, signal));
    }
    for (const member of members) {
      if (terminated.has(member.pid)) continue;
      terminated.set(member.pid, member);
      // To many programs a second TERM means that they are to hurry.
      if (member.processGroup !== reached) terminate((signal) => sendSignal(member.pid, signal));
    }
  });
  if (isOver(group, left)) return { terminated: [...terminated.values()], survivors: [] };

  const giveUpAtMs = monotonicMs() + afterKillMs;
  await group.kill();
  let looks = 0;
  const { members } = await untilNone(
    group,
    () => (looks < fewestLooks ? Number.POSITIVE_INFINITY : giveUpAtMs),
    async (look) => {
      looks += 1;
      await group.kill();
      for (const { pid } of look.members) sendSignal(pid, 'SIGKILL');
    },
  );
  const survivors = new Set(members.map(({ pid }) => pid));
  if (group.leader !== undefined && !group.leaderEnded) survivors.add(group.leader);
  return { terminated: [...terminated.values()], survivors: [...survivors] };
}

/** One that is stopped would not notice before it goes on. */
function terminate(send: (signal: NodeJS.Signals) => void): void {
  send('SIGTERM');
  send('SIGCONT');
}

const isOver = ({ leader, leaderEnded }: ProcessGroup, { members, complete }: Look): boolean =>
  complete && members.length === 0 && (leader === undefined || leaderEnded);

/** Looks, and acts on what it sees, until nothing is left or the time is over. @returns what it saw last. */
async function untilNone(
  group: ProcessGroup,
  untilMs: () => number,
  act: (look: Look) => Promise<void>,
): Promise<Look> {
  for (let waitMs = pollMs.first; ; waitMs = Math.min(waitMs * 2, pollMs.longest)) {
    const look = await group.look();
    if (isOver(group, look)) return look;
    await act(look);
    const leftMs = untilMs() - monotonicMs();
    if (leftMs <= 0) return look;
    await sleep(Math.min(waitMs, leftMs));
  }
}
