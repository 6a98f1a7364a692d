import { monotonicMs } from '../../clock.ts';
import type { JobRecord } from '../../jobs/job-record.ts';
import type { JobTable } from '../../jobs/job-table.ts';
import { naturally } from '../../natural-order.ts';
import type { ClientView } from '../../plugin/client-view.ts';
import type { UnsettledCount } from '../../plugin/job-service.ts';
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
    ...labelsOf(fleet.vouchedOf(member.name), member.labels),
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
  return [...views, ...missing.map((one) => viewMissing(one, fleet.vouchedOf(one.name)))].sort((a, b) =>
    naturally(a.name, b.name),
  );
}

type Labels = Readonly<Record<string, string>>;

const labelsOf = (vouched: Labels, said: Labels = {}) => ({ labels: { ...said, ...vouched }, vouched });

const viewMissing = ({ name, isKeyed, before }: Missing, vouched: Labels): ClientView => ({
  ...{ name, state: 'offline', expected: true, named: true, credential: isKeyed ? name : undefined },
  bootId: before?.bootId,
  silentMs: before && Math.max(0, Date.now() - before.seenAtMs),
  ...{ version: undefined, host: undefined, pid: undefined, containment: undefined },
  ...labelsOf(vouched, before?.about?.labels),
  facts: before?.about?.facts ?? {},
  ...{ commands: [], runningJobs: 0, elsewhere: 0, roundTripMs: undefined, lagMs: undefined },
});

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

/** Running data commands. */
export function* runningOf(jobTable: JobTable): Generator<JobRecord> {
  for (const job of jobTable.unsettled()) if (job.state === 'accepted' && job.kind === 'data') yield job;
}
