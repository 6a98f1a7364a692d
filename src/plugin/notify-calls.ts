import { z } from 'zod';
import { outcomes } from '../../schemas/words.ts';
import type { JobService } from './job-service.ts';

// The methods of notifications, as those of workflows.

const names = z.union([z.string().max(255), z.array(z.string().max(255)).max(1_000)]).optional();

/** What a silence means: whatever all of it holds for; events by name or glob. */
export const silenceFilterSchema = z.strictObject({
  on: names,
  command: names,
  target: z.union([z.string(), z.array(z.string())]).optional(),
  outcome: z.array(z.enum(outcomes)).optional(),
  actor: names,
  workflow: names,
  check: names,
});
export type SilenceFilter = z.output<typeof silenceFilterSchema>;

export const silenceSchema = z.object({
  filter: silenceFilterSchema,
  actor: z.string(),
  atMs: z.number(),
  untilMs: z.number(),
});
export type Silence = z.output<typeof silenceSchema>;

const historySchema = z.object({
  id: z.string(),
  event: z.string(),
  text: z.string(),
  count: z.int(),
  atMs: z.number(),
  /** By channel. */
  deliveries: z.record(
    z.string(),
    z.object({
      state: z.enum(['waiting', 'delivered', 'given-up']),
      attempts: z.int(),
      atMs: z.number().optional(),
      error: z.string().optional(),
    }),
  ),
});
export type HistoryRow = z.output<typeof historySchema>;

const channelSchema = z.object({
  name: z.string(),
  about: z.string(),
  /** Messages that were not delivered yet. */
  waiting: z.int(),
  /** Failures in succession. */
  failures: z.int(),
  /** When it is tried again. */
  notBeforeMs: z.number(),
  /** Why nothing is sent there any more. */
  closed: z.string().optional(),
});

const ruleSchema = z.object({
  number: z.int(),
  on: z.array(z.string()),
  filter: silenceFilterSchema.omit({ on: true }),
  to: z.array(z.string()),
  after: z.int(),
  /** Events that wait for their message. */
  waiting: z.int(),
});

const listSchema = z.object({
  channels: z.array(channelSchema),
  rules: z.array(ruleSchema),
  silences: z.array(silenceSchema),
  /** Number of the last event that was read. */
  seq: z.int(),
  /** Events that were deleted before they were read. */
  missed: z.int(),
});
export type NotifyList = z.output<typeof listSchema>;

/** By the names of the methods, after `notify/`. */
export const notifyCalls = {
  list: { request: z.strictObject({}), response: listSchema },
  /** Sends one message, once. */
  test: {
    request: z.strictObject({ channel: z.string() }),
    response: z.object({ channel: z.string(), id: z.string(), error: z.string().optional() }),
  },
  /** From the newest to the oldest. */
  history: {
    request: z.strictObject({ limit: z.int().min(1).max(1_000).optional() }),
    response: z.array(historySchema),
  },
  /** Until it ends nothing of it is told; 0 ends it. */
  silence: {
    request: z.strictObject({ filter: silenceFilterSchema, forMs: z.number().min(0) }),
    response: z.object({ silence: silenceSchema }),
  },
} as const;

type NotifyCalls = typeof notifyCalls;
export type NotifyMethod = keyof NotifyCalls;
export type NotifyRequest<Method extends NotifyMethod> = z.output<NotifyCalls[Method]['request']>;
export type NotifyResponse<Method extends NotifyMethod> = z.output<NotifyCalls[Method]['response']>;

/** Calls a method of the notifications of a server. @throws SignalboxError */
export async function callNotify<Method extends NotifyMethod>(
  service: JobService,
  method: Method,
  request: NotifyRequest<Method>,
): Promise<NotifyResponse<Method>> {
  const response = await service.call(`notify/${method}`, request);
  return notifyCalls[method].response.parse(response) as NotifyResponse<Method>;
}
