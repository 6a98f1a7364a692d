import { z } from 'zod';
import type { Content, Group, Sample } from './group.ts';

/** Limit of a body. A larger one is made without what the rule includes. */
const maxBodyBytes = 65_536;

export const deliverySchema = z.object({
  state: z.enum(['waiting', 'delivered', 'given-up']),
  attempts: z.int(),
  /** Time of the last attempt. */
  atMs: z.number().optional(),
  /** Why the last attempt failed. */
  error: z.string().optional(),
});
export type Delivery = z.output<typeof deliverySchema>;

/** A stored message. Id and body never change. */
export const messageSchema = z.object({
  id: z.string(),
  body: z.string(),
  event: z.string(),
  text: z.string(),
  count: z.int(),
  createdAtMs: z.number(),
  /** Key of its group, token of its content, and number of its last event. */
  group: z.string(),
  token: z.string(),
  seq: z.int(),
  /** By channel. */
  deliveries: z.record(z.string(), deliverySchema),
});
export type Message = z.output<typeof messageSchema>;

/** The data that a rule includes for one event. */
export type Included = Readonly<Record<string, unknown>>;

/** The body of a message, as in Standard Webhooks. */
export function bodyOf(group: Group, content: Content, included: readonly Included[]): string {
  const { event: type, state, by, number: rule } = group;
  const { count, samples, firstAtMs, lastAtMs } = content;
  const data = (with_: readonly Included[]) => ({
    ...{ text: textOf(group, content), rule, ...(state && { state }), count },
    ...{ firstAt: iso(firstAtMs), lastAt: iso(lastAtMs), by, names: content.names },
    events: samples.map(({ atMs, ...sample }, at) => ({ ...sample, at: iso(atMs), ...with_[at] })),
  });
  const body = (with_: readonly Included[]) => JSON.stringify({ type, timestamp: iso(lastAtMs), data: data(with_) });
  const whole = body(included);
  return Buffer.byteLength(whole) <= maxBodyBytes ? whole : body([]);
}

/** A line for people. */
export function textOf({ event, state }: Group, content: Content): string {
  const { count, samples, names, hasMoreNames = false } = content;
  const [first] = samples;
  const prefix = state === 'closed' ? 'over: ' : '';
  const times =
    first?.times === undefined ? '' : `, ${state === 'closed' ? 'after ' : ''}${first.times} times in succession`;
  if (count === 1) return `${prefix}${first?.text ?? event}${times}`;
  const about = names.length === 0 ? '' : `: ${names.join(', ')}${hasMoreNames ? ' and others' : ''}`;
  return `${prefix}${count} × ${kindOf(event, first)}${about}`;
}

function kindOf(event: string, first: Sample | undefined): string {
  const { command, outcome } = first ?? {};
  return command === undefined ? event : `${command} ${outcome ?? event.replace('job.', '')}`;
}

const iso = (ms: number): string => new Date(ms).toISOString();
