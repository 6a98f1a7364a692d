import { z } from 'zod';
import { parseDuration } from '../shell/parse/duration.ts';

/** First parts of references in `${…}`, where the names of tasks are used as well. */
const reserved = ['for', 'param', 'run', 'secret'];

const nameSchema = z
  .string()
  .max(63)
  .regex(/^[a-z][a-z0-9_-]*$/, 'a name must be [a-z][a-z0-9_-]*, at most 63 characters');

const taskNameSchema = nameSchema.refine((name) => !reserved.includes(name), 'this name is reserved; choose another');

const durationSchema = z.union([z.string(), z.number()]).transform((text, context) => {
  const ms = parseDuration(String(text));
  if (ms !== undefined) return ms;
  context.issues.push({ code: 'custom', input: text, message: 'use a duration such as 30s, 5m or 12h' });
  return z.NEVER;
});

const scalarSchema = z.union([z.string(), z.number(), z.boolean()], 'a text, a number, true or false');

const whole = 'use a whole number from 0';
const count = 'use a whole number from 1';

const starts = ['cron', 'every', 'at', 'client'] as const;

/** A trigger of runs. */
export const triggerSchema = z
  .strictObject({
    cron: z.string().optional(),
    every: durationSchema.optional(),
    /** ISO 8601. Times without an offset are in `timeZone`. */
    at: z.array(z.string()).min(1, 'give at least one').optional(),
    client: z.enum(['joined', 'offline', 'gone']).optional(),
    /** With `client`: only clients that match this target. */
    matching: z.string().optional(),
    timeZone: z.string().default('UTC'),
    /** What happens to a run whose time comes while the previous one is still running. */
    overlap: z.enum(['skip', 'queue', 'allow', 'replace']).default('skip'),
    /** Maximum delay, in ms, with which a run still starts if the server was not running at its time. */
    catchUp: durationSchema.default(0),
    /** Maximum delay of each start. The delay is the same each time it is computed for a planned time. */
    jitter: durationSchema.default(0),
  })
  .superRefine((trigger, context) => {
    const given = starts.filter((key) => trigger[key] !== undefined);
    if (given.length !== 1) {
      context.addIssue({ code: 'custom', message: `give one of ${starts.join(', ')}` });
    } else if (trigger.every !== undefined && trigger.every < 1_000) {
      context.addIssue({ code: 'custom', path: ['every'], message: 'must be at least 1s' });
    } else if (trigger.matching !== undefined && trigger.client === undefined) {
      context.addIssue({ code: 'custom', path: ['matching'], message: 'requires client' });
    }
  });

export const parameterSchema = z
  .strictObject({
    type: z.enum(['string', 'number', 'boolean']).default('string'),
    /** Absent if the parameter is required. */
    default: scalarSchema.optional(),
    choices: z.array(scalarSchema).min(1, 'give at least one').optional(),
    description: z.string().optional(),
  })
  .superRefine(({ type, default: value, choices = [] }, context) => {
    const isWrong = (one: unknown) => typeof one !== type;
    if (value !== undefined && isWrong(value)) {
      context.addIssue({ code: 'custom', path: ['default'], message: `must be a ${type}` });
    } else if (value !== undefined && choices.length > 0 && !choices.includes(value)) {
      context.addIssue({ code: 'custom', path: ['default'], message: 'must be one of the choices' });
    }
    const wrong = choices.findIndex(isWrong);
    if (wrong >= 0) context.addIssue({ code: 'custom', path: ['choices', wrong], message: `must be a ${type}` });
  });

export const taskSchema = z
  .strictObject({
    /** A line for clients, as typed. */
    do: z.string().optional(),
    /** A question that somebody must answer with yes before the line is sent. */
    approve: z.string().min(1, 'the question is empty').optional(),
    needs: z.array(z.string()).default([]),
    when: z.enum(['completed', 'failed', 'always']).default('completed'),
    retries: z.int(whole).min(0, whole).max(1_000, 'at most 1000').default(0),
    /** Delay before the first retry, in ms. It doubles for each further retry, up to an hour. */
    backoff: durationSchema.default(0),
    /** Whether to retry `lost` jobs, which may still be running. */
    retryLost: z.boolean().default(false),
    timeout: durationSchema.optional(),
    /** Runs the task once for each combination of these values. */
    for: z.record(nameSchema, z.array(scalarSchema).min(1, 'give at least one')).optional(),
    /** Maximum number of these at a time. Default: all. */
    parallel: z.int(count).min(1, count).optional(),
  })
  .superRefine((task, context) => {
    if (task.do === undefined && task.approve === undefined) {
      context.addIssue({ code: 'custom', message: 'add do: with a line, or approve: with a question' });
    }
    if (task.parallel !== undefined && task.for === undefined) {
      context.addIssue({ code: 'custom', path: ['parallel'], message: 'requires for' });
    }
  });

export const definitionSchema = z.strictObject({
  name: nameSchema.optional(),
  description: z.string().optional(),
  on: z.array(triggerSchema).default([]),
  params: z.record(nameSchema, parameterSchema).default({}),
  /** Maximum number of tasks at a time. Default: no limit. */
  parallel: z.int(count).min(1, count).optional(),
  tasks: z.record(taskNameSchema, taskSchema).refine((tasks) => Object.keys(tasks).length > 0, 'add at least one'),
});

export type Definition = z.output<typeof definitionSchema>;
export type TaskDefinition = z.output<typeof taskSchema>;
export type Trigger = z.output<typeof triggerSchema>;
export type Parameter = z.output<typeof parameterSchema>;

/** Expands the short forms: a task that is a line, a single need or trigger, a parameter that is its default. */
export function spelledOut(value: unknown): unknown {
  if (!isMap(value)) return value;
  return {
    ...value,
    ...('on' in value && { on: (Array.isArray(value.on) ? value.on : [value.on]).map(withList('at')) }),
    ...(isMap(value.params) && { params: mapValues(value.params, asParameter) }),
    ...(isMap(value.tasks) && {
      tasks: mapValues(value.tasks, (task) => withList('needs')(typeof task === 'string' ? { do: task } : task)),
    }),
  };
}

const withList = (key: string) => (value: unknown) =>
  isMap(value) && typeof value[key] === 'string' ? { ...value, [key]: [value[key]] } : value;

const asParameter = (value: unknown) =>
  typeof value === 'object' || value === undefined ? value : { type: typeof value, default: value };

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const mapValues = (map: Record<string, unknown>, change: (value: unknown) => unknown) =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
