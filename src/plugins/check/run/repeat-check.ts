import { setTimeout as sleep } from 'node:timers/promises';
import { type JobContext, JobFailure } from '../../../index.ts';
import type { CheckRecord } from '../contracts/result.ts';
import type { KafkaLinks } from '../kafka/kafka-links.ts';
import type { ResultSink } from '../kafka/result-sink.ts';
import { type CheckState, Succession } from '../state/succession.ts';
import type { CheckPlan } from './check-plan.ts';
import { nextPlanned, offsetOf, plannedBetween } from './planned-times.ts';
import { Reports } from './reports.ts';
import { runCheck } from './run-check.ts';
import type { CheckSurroundings } from './surroundings.ts';

interface RepeatOptions {
  readonly job: JobContext;
  readonly kafka: KafkaLinks;
  readonly everyMs: number;
  readonly after: number;
}

/**
 * Checks at once and then at each planned time, until the job ends. Times that pass while a check is running are skipped
 * and counted. Times while the machine sleeps are omitted. `plannedAtMs` of the records shows both.
 */
export async function repeatCheck(
  plan: CheckPlan,
  surroundings: CheckSurroundings,
  options: RepeatOptions,
): Promise<never> {
  const { job } = options;
  const sink = plan.kafka && options.kafka.open(plan.kafka, job);
  const reports = new Reports(job, sink);
  try {
    return await checkOn(plan, surroundings, {
      ...options,
      onRecord(record) {
        sink?.put(record);
        reports.add(record);
      },
    });
  } catch (error) {
    throw sink ? await endOf(sink, { reports, job, error }) : error;
  }
}

interface CheckOnOptions extends RepeatOptions {
  readonly onRecord: (record: CheckRecord) => void;
}

async function checkOn(plan: CheckPlan, surroundings: CheckSurroundings, options: CheckOnOptions): Promise<never> {
  const { everyMs, after, onRecord } = options;
  const { signal } = options.job;
  const succession = new Succession(after);
  let state: CheckState | null = null;
  const offsetMs = offsetOf(plan.name, everyMs);
  let plannedAtMs = Date.now();
  let skipped = 0;
  for (;;) {
    const [beganAtMs, beganAt] = [Date.now(), performance.now()];
    const result = await runCheck(plan, surroundings, { plannedAtMs, signal });
    // A client that could not check reveals nothing about the site.
    if (result.errorKind !== 'client_fault') state = succession.add(result.ok);
    const nowMs = Date.now();
    const tookMs = performance.now() - beganAt;
    // Setting the clock skips no planned times.
    const isSet = Math.abs(nowMs - beganAtMs - tookMs) > everyMs / 2;
    skipped += plannedBetween([plannedAtMs, isSet ? beganAtMs + tookMs : nowMs], everyMs, offsetMs);
    onRecord({ ...result, state, ...(skipped > 0 && { skipped }) });
    plannedAtMs = await untilPlanned(nextPlanned(Math.max(plannedAtMs, nowMs), everyMs, offsetMs));
  }

  /** @returns the planned time that was reached; another one if the clock was set meanwhile. */
  async function untilPlanned(firstMs: number): Promise<number> {
    let atMs = firstMs;
    for (;;) {
      const leftMs = atMs - Date.now();
      if (leftMs <= -everyMs || leftMs > everyMs) atMs = nextPlanned(Date.now(), everyMs, offsetMs);
      else if (leftMs <= 0) return atMs;
      else await sleep(leftMs, undefined, { signal });
    }
  }
}

/** The outcome of the job, which reports the results that did not reach Kafka. */
async function endOf(
  sink: ResultSink,
  { reports, job, error }: { reports: Reports; job: JobContext; error: unknown },
): Promise<unknown> {
  const kafka = await sink.end();
  const { last } = reports;
  if (!last) return error;
  const { waiting, dropped, fault, to } = kafka;
  if (waiting + dropped > 0) {
    const why = fault === null ? '' : `: ${fault}`;
    job.output('stderr', `${waiting} results wait for ${to}, ${dropped} were dropped${why}\n`);
  }
  const { state: _, ...result } = last;
  return new JobFailure(error instanceof Error ? error.message : String(error), { ...result, kafka });
}
