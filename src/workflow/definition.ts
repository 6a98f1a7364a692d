import { z } from 'zod';
import { parseDuration } from '../shell/parse/duration.ts';

/** They stand before a dot in `${…}`, as the names of tasks do. */
const reserved = ['for', 'param', 'run', 'secret'];

const nameSchema = z
  .string()
  .max(63)
  .regex(/^[a-z][a-z0-9_-]*$/, 'a name is [a-z][a-z0-9_-]*, at most 63 characters');

const taskNameSchema = nameSchema.refine((name) => !reserved.includes(name), 'values have this name: choose another');

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

/** What starts a run. */
export const triggerSchema = z
  .strictObject({
    cron: z.string().optional(),
    every: durationSchema.optional(),
    /** ISO 8601, in `timeZone` where it has no offset. */
    at: z.array(z.string()).min(1, 'give it one at least').optional(),
    client: z.enum(['joined', 'offline', 'gone']).optional(),
    /** Of `client`: only these, as a target is typed. */
    matching: z.string().optional(),
    timeZone: z.string().default('UTC'),
    /** What becomes of a run whose time comes while the one before goes on. */
    overlap: z.enum(['skip', 'queue', 'allow', 'replace']).default('skip'),
    /** How late a run may still start where the server was away at its time, in ms. */
    catchUp: durationSchema.default(0),
    /** Each run starts so much later at most, always as much for the same time. */
    jitter: durationSchema.default(0),
  })
  .superRefine((trigger, context) => {
    const given = starts.filter((key) => trigger[key] !== undefined);
    if (given.length !== 1) {
      context.addIssue({ code: 'custom', message: `give it one of ${starts.join(', ')}` });
    } else if (trigger.every !== undefined && trigger.every < 1_000) {
      context.addIssue({ code: 'custom', path: ['every'], message: 'at least 1s' });
    } else if (trigger.matching !== undefined && trigger.client === undefined) {
      context.addIssue({ code: 'custom', path: ['matching'], message: 'it goes with client' });
    }
  });

export const parameterSchema = z
  .strictObject({
    type: z.enum(['string', 'number', 'boolean']).default('string'),
    /** Without one the parameter has to be given. */
    default: scalarSchema.optional(),
    choices: z.array(scalarSchema).min(1, 'give it one at least').optional(),
    description: z.string().optional(),
  })
  .superRefine(({ type, default: value, choices = [] }, context) => {
    const isWrong = (one: unknown) => typeof one !== type;
    if (value !== undefined && isWrong(value)) {
      context.addIssue({ code: 'custom', path: ['default'], message: `it is no ${type}` });
    } else if (value !== undefined && choices.length > 0 && !choices.includes(value)) {
      context.addIssue({ code: 'custom', path: ['default'], message: `it is not among the choices` });
    }
    const wrong = choices.findIndex(isWrong);
    if (wrong >= 0) context.addIssue({ code: 'custom', path: ['choices', wrong], message: `it is no ${type}` });
  });

export const taskSchema = z
  .strictObject({
    /** A line for clients, as it would be typed. */
    do: z.string().optional(),
    /** The question that somebody has to answer with yes before the line is sent. */
    approve: z.string().min(1, 'ask something').optional(),
    needs: z.array(z.string()).default([]),
    when: z.enum(['completed', 'failed', 'always']).default('completed'),
    retries: z.int(whole).min(0, whole).max(1_000, 'at most 1000').default(0),
    /** Before the first retry, in ms; doubled before each one after it, up to an hour. */
    backoff: durationSchema.default(0),
    /** A job that is `lost` may still run. */
    retryLost: z.boolean().default(false),
    timeout: durationSchema.optional(),
    /** The task once for each combination of these values. */
    for: z.record(nameSchema, z.array(scalarSchema).min(1, 'give it one at least')).optional(),
    /** How many of these at a time. Default: all. */
    parallel: z.int(count).min(1, count).optional(),
  })
  .superRefine((task, context) => {
    if (task.do === undefined && task.approve === undefined) {
      context.addIssue({ code: 'custom', message: 'give it do: a line, or approve: a question' });
    }
    if (task.parallel !== undefined && task.for === undefined) {
      context.addIssue({ code: 'custom', path: ['parallel'], message: 'it goes with for' });
    }
  });

export const definitionSchema = z.strictObject({
  name: nameSchema.optional(),
  description: z.string().optional(),
  on: z.array(triggerSchema).default([]),
  params: z.record(nameSchema, parameterSchema).default({}),
  /** How many tasks at a time. Default: all that can. */
  parallel: z.int(count).min(1, count).optional(),
  tasks: z.record(taskNameSchema, taskSchema).refine((tasks) => Object.keys(tasks).length > 0, 'there is none'),
});

export type Definition = z.output<typeof definitionSchema>;
export type TaskDefinition = z.output<typeof taskSchema>;
export type Trigger = z.output<typeof triggerSchema>;
export type Parameter = z.output<typeof parameterSchema>;

/** The short forms written out: a task that is a line, one need, one trigger, a parameter that is its default. */
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
