import { z } from 'zod';
import { outcomes } from '../../schemas/words.ts';
import type { JobService } from './job-service.ts';

// The methods of notifications.

const names = z.union([z.string().max(255), z.array(z.string().max(255)).max(1_000)]).optional();

/** Selects what a silence suppresses: an event must match every field. Events are given by name or glob. */
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
  /** Number of messages that are not delivered yet. */
  waiting: z.int(),
  /** Number of consecutive failures. */
  failures: z.int(),
  /** Time of the next attempt, in ms since the epoch. */
  notBeforeMs: z.number(),
  /** Why nothing more is sent to it. */
  closed: z.string().optional(),
});

const ruleSchema = z.object({
  number: z.int(),
  on: z.array(z.string()),
  filter: silenceFilterSchema.omit({ on: true }),
  to: z.array(z.string()),
  after: z.int(),
  /** Number of events that wait for their message. */
  waiting: z.int(),
});

const listSchema = z.object({
  channels: z.array(channelSchema),
  rules: z.array(ruleSchema),
  silences: z.array(silenceSchema),
  /** Number of the last event that was read. */
  seq: z.int(),
  /** Number of events that were deleted before they were read. */
  missed: z.int(),
});
export type NotifyList = z.output<typeof listSchema>;

/** By method name, after `notify/`. */
export const notifyCalls = {
  list: { request: z.strictObject({}), response: listSchema },
  /** Sends one message, in one attempt. */
  test: {
    request: z.strictObject({ channel: z.string() }),
    response: z.object({ channel: z.string(), id: z.string(), error: z.string().optional() }),
  },
  /** From newest to oldest. */
  history: {
    request: z.strictObject({ limit: z.int().min(1).max(1_000).optional() }),
    response: z.array(historySchema),
  },
  /** Suppresses matching messages until it ends; 0 ends it now. */
  silence: {
    request: z.strictObject({ filter: silenceFilterSchema, forMs: z.number().min(0) }),
    response: z.object({ silence: silenceSchema }),
  },
} as const;

type NotifyCalls = typeof notifyCalls;
export type NotifyMethod = keyof NotifyCalls;
export type NotifyRequest<Method extends NotifyMethod> = z.output<NotifyCalls[Method]['request']>;
export type NotifyResponse<Method extends NotifyMethod> = z.output<NotifyCalls[Method]['response']>;

/** Calls a method of the notifications of a server. @throws SignalboxError if the call fails. */
export async function callNotify<Method extends NotifyMethod>(
  service: JobService,
  method: Method,
  request: NotifyRequest<Method>,
): Promise<NotifyResponse<Method>> {
  const response = await service.call(`notify/${method}`, request);
  return notifyCalls[method].response.parse(response) as NotifyResponse<Method>;
}
