import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Note } from './note.ts';
import type { Rule } from './rule.ts';

/** How many events, and names of clients, workflows, schedules or checks, a message lists. */
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
  /** Number in succession, if the rule has `after`. */
  times: z.number().optional(),
});
export type Sample = z.output<typeof sampleSchema>;

/** Events since the last message of a group. */
const contentSchema = z.object({
  /** Identifies its first event; the id of the message derives from it. */
  token: z.string(),
  count: z.int(),
  samples: z.array(sampleSchema),
  /** The first distinct names. */
  names: z.array(z.string()),
  /** There are more names. */
  hasMoreNames: z.literal(true).optional(),
  firstAtMs: z.number(),
  lastAtMs: z.number(),
  /** When the first event was read. */
  openedAtMs: z.number(),
});
export type Content = z.output<typeof contentSchema>;

/** Events that share a message. Times in ms since the epoch. */
export const groupSchema = z.object({
  rule: z.string(),
  /** Place of the rule in the configuration. */
  number: z.int(),
  event: z.string(),
  /** If the rule has `after`: whether the message is about a begin or an end. */
  state: z.enum(['opened', 'closed']).optional(),
  by: z.record(z.string(), z.string()),
  to: z.array(z.string()),
  include: z.array(z.string()),
  waitMs: z.number(),
  intervalMs: z.number(),
  /** Number of the last event that was added, or that is in a message of the group. */
  seq: z.int(),
  sentAtMs: z.number().optional(),
  content: contentSchema.optional(),
});
export type Group = z.output<typeof groupSchema>;

/** Adds an event to a group. Returns the same group if it already has the event. */
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
  const { names = [], hasMoreNames } = content ?? {};
  const name = nameOf(note);
  const isNew = name !== undefined && !names.includes(name);
  const isMore = isNew && names.length >= maxSamples;
  return {
    ...group,
    seq: seq ?? group.seq,
    content: {
      ...{ token: content?.token ?? token, count: count + 1, firstAtMs, lastAtMs: atMs, openedAtMs },
      samples: samples.length < maxSamples ? [...samples, sampleOf(note, times, group)] : samples,
      names: isNew && !isMore ? [...names, name] : names,
      ...((isMore || hasMoreNames) && { hasMoreNames: true }),
    },
  };
}

const nameOf = ({ check, schedule, workflow, client }: Note): string | undefined =>
  check ?? schedule ?? workflow ?? client;

/** When its message is due; undefined without content. If the clock was set back, a message whose time is impossibly late is due now. */
export function dueAtMs({ content, sentAtMs, waitMs, intervalMs }: Group, nowMs: number): number | undefined {
  if (!content) return undefined;
  const dueMs = Math.max(content.openedAtMs + waitMs, sentAtMs === undefined ? 0 : sentAtMs + intervalMs);
  return dueMs > nowMs + Math.max(waitMs, intervalMs) ? nowMs : dueMs;
}

/** Values of an event by which a rule groups. */
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
/** Every event needs the key of its group, and a digest costs more than the rest of its work. */
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

/** Depends only on the group and its first event, so that the next process makes the same id. */
export const messageId = (group: Group, { token }: Content): string => `msg_${digest(groupKey(group), token)}`;

export const digest = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 27);

function sampleOf(note: Note, times: number | undefined, { include }: Group): Sample {
  const { event, atMs, client, command, outcome, code, error, actor, workflow, run, schedule, check, job } = note;
  const text = include.includes('error') ? (note.textWithError ?? note.text) : note.text;
  const sample = { client, command, outcome, code, actor, workflow, run, schedule, check, job, times };
  const given = Object.entries({ ...sample, ...(include.includes('error') && { error }) });
  return { event, atMs, text, ...Object.fromEntries(given.filter(([, value]) => value !== undefined)) };
}
