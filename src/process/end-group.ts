import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from './clock.ts';
import { type Look, type ProcessGroup, signalLeader } from './containment.ts';
import { type ProcStat, sendSignal } from './proc.ts';

/** Shortest and longest time between two looks at the remaining processes; a running job is not looked at. */
const pollMs = { first: 2, longest: 32 };
/** A process that survives KILL for this time is blocked in the kernel or belongs to another user. */
const afterKillMs = 2_000;
/** Minimum number of looks after KILL, so that it has time to act even if a look takes long. */
const fewestLooks = 4;

export interface Ended {
  /** Processes that were signalled. */
  readonly terminated: readonly ProcStat[];
  /** Process ids of those that remain. */
  readonly survivors: readonly number[];
}

/**
 * Ends all processes of a group: TERM, a grace period, KILL. It is done when the end of the leader has been reported
 * and a complete inspection finds no process. If looks are incomplete, for lack of descriptors for example, it signals the
 * leader's process group.
 * @param killAtMs end of the grace period; called repeatedly, since it may be brought forward.
 */
export async function endGroup(group: ProcessGroup, killAtMs: () => number): Promise<Ended> {
  const terminated = new Map<number, ProcStat>();
  const told = { before: false, after: false };
  let reached: number | undefined;
  const left = await untilNone(group, killAtMs, async ({ members, complete }) => {
    // Processes started later may be part of the leader's shutdown. They get TERM after the leader has ended.
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
      // Many programs treat a second TERM as a request to hurry.
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

/** A stopped process would not act on the signal before it continues. */
function terminate(send: (signal: NodeJS.Signals) => void): void {
  send('SIGTERM');
  send('SIGCONT');
}

const isOver = ({ leader, leaderEnded }: ProcessGroup, { members, complete }: Look): boolean =>
  complete && members.length === 0 && (leader === undefined || leaderEnded);

/** Looks and acts until no process is left or the time is over. @returns the last look. */
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
