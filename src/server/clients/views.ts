import { monotonicMs } from '../../clock.ts';
import type { JobRecord } from '../../jobs/job-record.ts';
import type { JobTable } from '../../jobs/job-table.ts';
import type { ClientView, JobView, UnsettledCount } from '../../plugin/job-service.ts';
import { type Roster, seenState } from './roster.ts';

/** Every client that is known, connected or not. */
export function viewClients(roster: Roster, ledger: JobTable): ClientView[] {
  const running = new Map<string, number>();
  for (const { client } of runningOf(ledger)) running.set(client, (running.get(client) ?? 0) + 1);
  const nowMs = monotonicMs();
  return roster.all().map((member) => ({
    name: member.name,
    state: seenState(member),
    bootId: member.bootId,
    credential: member.credential?.name,
    version: member.version,
    host: member.info.host,
    pid: member.info.pid,
    commands: member.commands,
    containment: member.info.containment,
    runningJobs: running.get(member.name) ?? 0,
    silentMs: Math.round(nowMs - member.heardAtMs),
    roundTripMs: member.roundTripMs,
    lagMs: member.lagMs,
  }));
}

/** Every job that is known, oldest first. */
export function viewJobs(ledger: JobTable): JobView[] {
  return [...ledger.entries()].map(viewOf);
}

/** Data commands that run now, oldest first. */
export function viewRunning(ledger: JobTable): JobView[] {
  return [...runningOf(ledger)].sort((a, b) => (a.acceptedAtMs ?? 0) - (b.acceptedAtMs ?? 0)).map(viewOf);
}

export function countUnsettled(ledger: JobTable): UnsettledCount[] {
  const counts = new Map<string, { command: string; state: UnsettledCount['state']; count: number }>();
  for (const { command, state } of ledger.unsettled()) {
    if (state === 'settled') continue;
    const key = `${state} ${command}`;
    const known = counts.get(key);
    if (known) known.count += 1;
    else counts.set(key, { command, state, count: 1 });
  }
  return [...counts.values()];
}

function* runningOf(ledger: JobTable): Generator<JobRecord> {
  for (const entry of ledger.unsettled()) if (entry.state === 'accepted' && entry.kind === 'data') yield entry;
}

function viewOf(entry: JobRecord): JobView {
  return {
    id: entry.id,
    client: entry.client,
    command: entry.command,
    ...(entry.adopted && { adopted: true as const }),
    kind: entry.kind,
    args: entry.args,
    state: entry.state,
    outcome: entry.settlement?.outcome,
    progress: entry.progress,
    ...(entry.outputFull && entry.state !== 'settled' && { outputFull: true as const }),
    ...(entry.lostOutput && { lostOutput: entry.lostOutput }),
    durationMs: entry.settlement ? entry.settlement.durationMs : runningForMs(entry),
  };
}

function runningForMs({ acceptedAtMs, state }: JobRecord): number | undefined {
  return state === 'accepted' && acceptedAtMs !== undefined ? Math.round(monotonicMs() - acceptedAtMs) : undefined;
}
