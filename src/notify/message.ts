import { z } from 'zod';
import type { Content, Group, Sample } from './group.ts';

/** Of a body: what is left out first is what the rule includes. */
const maxBodyBytes = 65_536;

export const deliverySchema = z.object({
  state: z.enum(['waiting', 'delivered', 'given-up']),
  attempts: z.int(),
  /** Of the last attempt. */
  atMs: z.number().optional(),
  /** Why the last attempt failed. */
  error: z.string().optional(),
});
export type Delivery = z.output<typeof deliverySchema>;

/** A message as the store has it. Id and body never change. */
export const messageSchema = z.object({
  id: z.string(),
  body: z.string(),
  event: z.string(),
  text: z.string(),
  count: z.int(),
  createdAtMs: z.number(),
  /** Of its group, and of the last event of it. */
  group: z.string(),
  token: z.string(),
  seq: z.int(),
  /** By the names of the channels. */
  deliveries: z.record(z.string(), deliverySchema),
});
export type Message = z.output<typeof messageSchema>;

/** What the rule includes of a sample. */
export type Included = Readonly<Record<string, unknown>>;

/** The body of a message, after Standard Webhooks. */
export function bodyOf(group: Group, content: Content, included: readonly Included[]): string {
  const { event: type, state, by, number: rule } = group;
  const { count, samples, firstAtMs, lastAtMs } = content;
  const data = (with_: readonly Included[]) => ({
    ...{ text: textOf(group, content), rule, ...(state && { state }), count },
    ...{ firstAt: iso(firstAtMs), lastAt: iso(lastAtMs), by, names: namesOf(content) },
    events: samples.map(({ atMs, ...sample }, at) => ({ ...sample, at: iso(atMs), ...with_[at] })),
  });
  const body = (with_: readonly Included[]) => JSON.stringify({ type, timestamp: iso(lastAtMs), data: data(with_) });
  const whole = body(included);
  return Buffer.byteLength(whole) <= maxBodyBytes ? whole : body([]);
}

/** A line that a person understands. */
export function textOf({ event, state }: Group, content: Content): string {
  const { count, samples } = content;
  const [first] = samples;
  const words = state === 'closed' ? `over: ${first?.text}` : (first?.text ?? event);
  const times = first?.times === undefined ? '' : `, after ${first.times} in succession`;
  if (count === 1) return `${words}${times}`;
  const names = namesOf(content);
  const more = count > samples.length ? ' and others' : '';
  return `${count} × ${kindOf(event, first)}${state === 'closed' ? ' is over' : ''}: ${names.join(', ')}${more}`;
}

/** The first few, each once. */
function namesOf({ samples }: Content): string[] {
  return [
    ...new Set(samples.map(({ client, workflow, schedule, check }) => check ?? schedule ?? workflow ?? client ?? '-')),
  ];
}

function kindOf(event: string, first: Sample | undefined): string {
  const { command, outcome } = first ?? {};
  return command === undefined ? event : `${command} ${outcome ?? event.replace('job.', '')}`;
}

const iso = (ms: number): string => new Date(ms).toISOString();
