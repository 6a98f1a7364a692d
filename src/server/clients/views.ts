import { monotonicMs } from '../../clock.ts';
import type { JobRef } from '../../jobs/events.ts';
import type { JobRecord } from '../../jobs/job-record.ts';
import type { JobTable } from '../../jobs/job-table.ts';
import { naturally } from '../../natural-order.ts';
import type { ClientView, JobView, UnsettledCount } from '../../plugin/job-service.ts';
import type { Fleet, Missing } from './fleet.ts';
import { type Roster, seenState } from './roster.ts';

/** Views of all known clients. */
export function viewClients(roster: Roster, fleet: Fleet, jobTable: JobTable): ClientView[] {
  const running = new Map<string, number>();
  for (const { client } of runningOf(jobTable)) running.set(client, (running.get(client) ?? 0) + 1);
  const nowMs = monotonicMs();
  const views = roster.all().map((member) => ({
    name: member.name,
    state: seenState(member),
    bootId: member.bootId,
    credential: member.credential?.name,
    version: member.version,
    host: member.info.host,
    pid: member.info.pid,
    commands: member.commands,
    named: member.named,
    expected: fleet.isExpected(member.name),
    labels: member.labels,
    facts: member.facts,
    containment: member.info.containment,
    runningJobs: running.get(member.name) ?? 0,
    elsewhere: member.elsewhere,
    silentMs: Math.round(nowMs - member.heardAtMs),
    roundTripMs: member.roundTripMs,
    lagMs: member.lagMs,
  }));
  const missing = fleet.missing();
  if (missing.length === 0) return views;
  return [...views, ...missing.map(viewMissing)].sort((a, b) => naturally(a.name, b.name));
}

const viewMissing = ({ name, isKeyed, before }: Missing): ClientView => ({
  ...{ name, state: 'offline', expected: true, named: true, credential: isKeyed ? name : undefined },
  bootId: before?.bootId,
  silentMs: before && Math.max(0, Date.now() - before.seenAtMs),
  ...{ version: undefined, host: undefined, pid: undefined, containment: undefined },
  ...{ commands: [], labels: {}, facts: {}, runningJobs: 0, elsewhere: 0, roundTripMs: undefined, lagMs: undefined },
});

/** Views of all known jobs, oldest first. */
export function viewJobs(jobTable: JobTable, isSeen: ((job: JobRecord) => boolean) | undefined): JobView[] {
  const jobs = [...jobTable.all()];
  return (isSeen ? jobs.filter(isSeen) : jobs).map(viewJob);
}

/** Views of running data commands, oldest first. */
export function viewRunning(jobTable: JobTable): JobView[] {
  return [...runningOf(jobTable)].sort((a, b) => (a.acceptedAtMs ?? 0) - (b.acceptedAtMs ?? 0)).map(viewJob);
}

export function countUnsettled(jobTable: JobTable): UnsettledCount[] {
  const counts = new Map<string, { command: string; state: UnsettledCount['state']; count: number }>();
  for (const { command, state } of jobTable.unsettled()) {
    if (state === 'settled') continue;
    const key = `${state} ${command}`;
    const known = counts.get(key);
    if (known) known.count += 1;
    else counts.set(key, { command, state, count: 1 });
  }
  return [...counts.values()];
}

function* runningOf(jobTable: JobTable): Generator<JobRecord> {
  for (const job of jobTable.unsettled()) if (job.state === 'accepted' && job.kind === 'data') yield job;
}

/** Identifies a job. */
export function refOf({ id, client, command, adopted }: JobRecord): JobRef {
  return { id, client, command, ...(adopted && { adopted }) };
}

/** View of a job. */
export function viewJob(job: JobRecord): JobView {
  return {
    ...refOf(job),
    kind: job.kind,
    args: job.auditedArgs,
    state: job.state,
    ...(job.standing && { standing: true as const }),
    outcome: job.settlement?.outcome,
    progress: job.progress,
    ...(job.outputFull && job.state !== 'settled' && { outputFull: true as const }),
    ...(job.lostOutput && { lostOutput: job.lostOutput }),
    ...(job.lostRecords > 0 && { lostRecords: job.lostRecords }),
    durationMs: job.settlement ? job.settlement.durationMs : runningForMs(job),
  };
}

function runningForMs({ acceptedAtMs, state }: JobRecord): number | undefined {
  return state === 'accepted' && acceptedAtMs !== undefined ? Math.round(monotonicMs() - acceptedAtMs) : undefined;
}
