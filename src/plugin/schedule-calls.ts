import { z } from 'zod';
import type { JobService } from './job-service.ts';

// The methods of schedules.

const decisionSchema = z.object({
  /** `skip-many` combines further skipped times, up to `lastMs`. */
  action: z.enum(['run', 'queue', 'replace', 'skip', 'skip-many']),
  plannedMs: z.number(),
  lastMs: z.number().optional(),
  count: z.int().optional(),
  /** True if there are more than `count`. */
  isMore: z.literal(true).optional(),
  /** True if somebody requested the run after its time. */
  isBackfill: z.literal(true).optional(),
  /** The client whose change triggered it. */
  client: z.string().optional(),
  /** Why it did not run. */
  reason: z.string().optional(),
  /** Number of the run that it started. */
  run: z.int().optional(),
});
export type StoredDecision = z.output<typeof decisionSchema>;

const scheduleSchema = z.object({
  schedule: z.string(),
  workflow: z.string(),
  /** The times or triggers, as in the file. */
  when: z.string(),
  paused: z.object({ actor: z.string(), atMs: z.number() }).optional(),
  nextMs: z.array(z.number()),
  /** The planned time of a run that waits for the previous run, in ms since the epoch. */
  queuedMs: z.number().optional(),
  /** Requested runs that have not started. */
  backfill: z.object({ actor: z.string(), left: z.int(), nextMs: z.number().optional() }).optional(),
  /** The newest decisions, oldest first. */
  decisions: z.array(decisionSchema),
});
export type ScheduleView = z.output<typeof scheduleSchema>;

const named = z.strictObject({ schedule: z.string() });

/** By method name, after `schedule/`. */
export const scheduleCalls = {
  /** Schedules after `after`, each with its next time and the newest decision. */
  list: {
    request: z.strictObject({ after: z.string().optional() }),
    response: z.object({ schedules: z.array(scheduleSchema), isMore: z.boolean() }),
  },
  /** One schedule, or all schedules of a workflow. */
  show: { request: named, response: z.object({ schedules: z.array(scheduleSchema) }) },
  pause: { request: named, response: scheduleSchema },
  resume: { request: named, response: scheduleSchema },
  /** Cancels runs that are waiting to start. */
  cancel: { request: named, response: scheduleSchema },
  /**
   * Starts a run now, or one for each planned time in a range. Returns the started runs and how many follow, with the
   * maximum number at a time.
   */
  run: {
    request: named.extend({ fromMs: z.number().optional(), toMs: z.number().optional() }),
    response: z.object({ runs: z.array(z.int()), left: z.int(), atOnce: z.int() }),
  },
} as const;

type ScheduleCalls = typeof scheduleCalls;
export type ScheduleMethod = keyof ScheduleCalls;
export type ScheduleRequest<Method extends ScheduleMethod> = z.output<ScheduleCalls[Method]['request']>;
export type ScheduleResponse<Method extends ScheduleMethod> = z.output<ScheduleCalls[Method]['response']>;

/** Calls a method of the schedules of a server. @throws SignalboxError if the call fails. */
export async function callSchedule<Method extends ScheduleMethod>(
  service: JobService,
  method: Method,
  request: ScheduleRequest<Method>,
): Promise<ScheduleResponse<Method>> {
  const response = await service.call(`schedule/${method}`, request);
  return scheduleCalls[method].response.parse(response) as ScheduleResponse<Method>;
}
