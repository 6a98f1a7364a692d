import { z } from 'zod';
import type { JobService } from './job-service.ts';

// The methods of schedules, as those of workflows.

const decisionSchema = z.object({
  /** `skip-many`: more times than are named, up to `lastMs`. */
  action: z.enum(['run', 'queue', 'replace', 'skip', 'skip-many']),
  plannedMs: z.number(),
  lastMs: z.number().optional(),
  count: z.int().optional(),
  /** There are more than `count`. */
  isMore: z.literal(true).optional(),
  /** Somebody has asked for it after its time. */
  isBackfill: z.literal(true).optional(),
  /** Whose change it was. */
  client: z.string().optional(),
  /** Why it did not run. */
  reason: z.string().optional(),
  /** The run that it became. */
  run: z.int().optional(),
});
export type StoredDecision = z.output<typeof decisionSchema>;

const scheduleSchema = z.object({
  schedule: z.string(),
  workflow: z.string(),
  /** When, as the file says. */
  when: z.string(),
  paused: z.object({ actor: z.string(), atMs: z.number() }).optional(),
  nextMs: z.array(z.number()),
  /** A run that waits for the one before. */
  queuedMs: z.number().optional(),
  /** Runs that somebody has asked for and that have not started. */
  backfill: z.object({ actor: z.string(), left: z.int(), nextMs: z.number().optional() }).optional(),
  /** The newest ones, oldest first. */
  decisions: z.array(decisionSchema),
});
export type ScheduleView = z.output<typeof scheduleSchema>;

const named = z.strictObject({ schedule: z.string() });

/** By the names of the methods, after `schedule/`. */
export const scheduleCalls = {
  /** Behind `after`, each with its next time and the newest decision. */
  list: {
    request: z.strictObject({ after: z.string().optional() }),
    response: z.object({ schedules: z.array(scheduleSchema), isMore: z.boolean() }),
  },
  /** One, or those of a workflow. */
  show: { request: named, response: z.object({ schedules: z.array(scheduleSchema) }) },
  pause: { request: named, response: scheduleSchema },
  resume: { request: named, response: scheduleSchema },
  /** What waits is not started. */
  cancel: { request: named, response: scheduleSchema },
  /** Now, or for each planned time between two: those that have started, and how many follow, so many at a time. */
  run: {
    request: named.extend({ fromMs: z.number().optional(), toMs: z.number().optional() }),
    response: z.object({ runs: z.array(z.int()), left: z.int(), atOnce: z.int() }),
  },
} as const;

type ScheduleCalls = typeof scheduleCalls;
export type ScheduleMethod = keyof ScheduleCalls;
export type ScheduleRequest<Method extends ScheduleMethod> = z.output<ScheduleCalls[Method]['request']>;
export type ScheduleResponse<Method extends ScheduleMethod> = z.output<ScheduleCalls[Method]['response']>;

/** Calls a method of the schedules of a server. @throws SignalboxError */
export async function callSchedule<Method extends ScheduleMethod>(
  service: JobService,
  method: Method,
  request: ScheduleRequest<Method>,
): Promise<ScheduleResponse<Method>> {
  const response = await service.call(`schedule/${method}`, request);
  return scheduleCalls[method].response.parse(response) as ScheduleResponse<Method>;
}
