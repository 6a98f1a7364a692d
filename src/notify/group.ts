import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Note } from './note.ts';
import type { Rule } from './rule.ts';

/** How many events a message names. */
const maxSamples = 5;

const sampleSchema = z.object({
  event: z.string(),
  atMs: z.number(),
  text: z.string(),
  client: z.string().optional(),
  command: z.string().optional(),
  outcome: z.string().optional(),
  code: z.union([z.string(), z.number()]).optional(),
  error: z.string().optional(),
  actor: z.string().optional(),
  workflow: z.string().optional(),
  run: z.number().optional(),
  schedule: z.string().optional(),
  check: z.string().optional(),
  job: z.object({ id: z.string(), number: z.number() }).optional(),
  /** How often in succession, where the rule has `after`. */
  times: z.number().optional(),
});
export type Sample = z.output<typeof sampleSchema>;

/** What happened since the last message of a group. */
const contentSchema = z.object({
  /** Of its first event: its message has an id of it, whenever it is frozen. */
  token: z.string(),
  count: z.int(),
  samples: z.array(sampleSchema),
  firstAtMs: z.number(),
  lastAtMs: z.number(),
  /** When the first event was read. */
  openedAtMs: z.number(),
});
export type Content = z.output<typeof contentSchema>;

/** What belongs into one message. Times in ms since the epoch. */
export const groupSchema = z.object({
  rule: z.string(),
  /** Place of the rule in the configuration. */
  number: z.int(),
  event: z.string(),
  /** Where the rule has `after`: whether something has begun or is over. */
  state: z.enum(['opened', 'closed']).optional(),
  by: z.record(z.string(), z.string()),
  to: z.array(z.string()),
  include: z.array(z.string()),
  waitMs: z.number(),
  intervalMs: z.number(),
  /** Number of the last event that it has taken, or that a message of it has. */
  seq: z.int(),
  sentAtMs: z.number().optional(),
  content: contentSchema.optional(),
});
export type Group = z.output<typeof groupSchema>;

/** Adds an event to its group. An event that the group has already changes nothing. */
export function addToGroup(
  group: Group,
  note: Note,
  { nowMs, times }: { readonly nowMs: number; readonly times?: number | undefined },
): Group {
  const { seq, atMs } = note;
  if (seq !== undefined && seq <= group.seq) return group;
  const { content } = group;
  const token = seq === undefined ? `${note.event} ${note.client ?? ''} ${atMs}` : String(seq);
  const { samples = [], count = 0, firstAtMs = atMs, openedAtMs = nowMs } = content ?? {};
  return {
    ...group,
    seq: seq ?? group.seq,
    content: {
      ...{ token: content?.token ?? token, count: count + 1, firstAtMs, lastAtMs: atMs, openedAtMs },
      samples: samples.length < maxSamples ? [...samples, sampleOf(note, times, group)] : samples,
    },
  };
}

/** When its message is due; undefined without content. */
export function dueAtMs({ content, sentAtMs, waitMs, intervalMs }: Group): number | undefined {
  if (!content) return undefined;
  return Math.max(content.openedAtMs + waitMs, sentAtMs === undefined ? 0 : sentAtMs + intervalMs);
}

/** What messages of a rule are grouped by, of an event. */
export function byOf({ groupBy }: Pick<Rule, 'groupBy'>, note: Note): Readonly<Record<string, string>> {
  const by: Record<string, string> = {};
  for (const field of groupBy) if (note[field] !== undefined) by[field] = note[field];
  return by;
}

export function newGroup(rule: Rule, { event, by, state }: Pick<Group, 'event' | 'by' | 'state'>): Group {
  const { id, number, to, include, waitMs, intervalMs } = rule;
  return {
    ...{ rule: id, number, event, ...(state && { state }), by },
    ...{ to: [...to], include: [...include], waitMs, intervalMs, seq: 0 },
  };
}

const maxKnownKeys = 10_000;
/** Each event asks for the key of its group: digests cost more than all else that is done with it. */
const knownKeys = new Map<string, string>();

export function groupKey({ rule, event, state, by }: Pick<Group, 'rule' | 'event' | 'state' | 'by'>): string {
  const parts = [rule, event, state ?? '', JSON.stringify(by)];
  const text = parts.join('\n');
  const known = knownKeys.get(text);
  if (known !== undefined) return known;
  if (knownKeys.size >= maxKnownKeys) knownKeys.clear();
  const key = digest(...parts);
  knownKeys.set(text, key);
  return key;
}

/** The same for the same group and the same first event, in this process and in the next. */
export const messageId = (group: Group, { token }: Content): string => `msg_${digest(groupKey(group), token)}`;

export const digest = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 27);

function sampleOf(note: Note, times: number | undefined, { include }: Group): Sample {
  const { event, atMs, text, client, command, outcome, code, error, actor, workflow, run, schedule, check, job } = note;
  const sample = { client, command, outcome, code, actor, workflow, run, schedule, check, job, times };
  const given = Object.entries({ ...sample, ...(include.includes('error') && { error }) });
  return { event, atMs, text, ...Object.fromEntries(given.filter(([, value]) => value !== undefined)) };
}
