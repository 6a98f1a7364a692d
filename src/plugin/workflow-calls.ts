import { z } from 'zod';
import { outcomes } from '../../schemas/words.ts';
import type { JobService } from './job-service.ts';

// The methods of workflows: requests of a shell to its server, and the responses.

/** Maximum length of the text of a workflow, in characters. */
export const maxWorkflowLength = 1_048_576;

const runSchema = z.int().positive();
const textSchema = z.string().max(maxWorkflowLength);
const scalarSchema = z.union([z.string(), z.number(), z.boolean()]);

/** A workflow of the server's folder, or a text. */
const sourceSchema = z.union([
  z.strictObject({ name: z.string() }),
  z.strictObject({ text: textSchema, file: z.string() }),
]);

const parameterSchema = z.object({
  type: z.enum(['string', 'number', 'boolean']),
  /** Absent if the parameter is required. */
  default: scalarSchema.optional(),
  choices: z.array(scalarSchema).optional(),
  description: z.string().optional(),
});

const problemSchema = z.object({ line: z.int(), column: z.int(), sentence: z.string() });

const taskSchema = z.object({
  /** Includes its values if the task has `for`: `build[os=linux]`. */
  task: z.string(),
  state: z.enum(['waiting', 'asking', 'delayed', 'running', 'skipped', ...outcomes]),
  needs: z.array(z.string()),
  attempts: z.int(),
  /** Number of the jobs of its last attempt. Absent if it is retried and was not sent yet. */
  number: z.int().optional(),
  clients: z.array(z.string()).optional(),
  /** For whom it acts, if that is not who started the run: who retried it, or a task that it needs. */
  actor: z.string().optional(),
  /** Time of its next attempt, in ms since the epoch. */
  untilMs: z.number().optional(),
  /** The question of an approval. */
  question: z.string().optional(),
  approval: z.object({ answer: z.enum(['approved', 'refused']), actor: z.string(), atMs: z.number() }).optional(),
  /** Why it did not complete. */
  error: z.string().optional(),
  /** True if it counts as completed because the run began after it. */
  isPassed: z.literal(true).optional(),
});
export type TaskView = z.output<typeof taskSchema>;

const runViewSchema = z.object({
  run: runSchema,
  workflow: z.string(),
  state: z.enum(['running', 'completed', 'failed', 'cancelled']),
  /** Who started it. */
  actor: z.string(),
  params: z.record(z.string(), scalarSchema),
  startedAtMs: z.number(),
  endedAtMs: z.number().optional(),
  /** Why it cannot continue although it has not ended. */
  problem: z.string().optional(),
});
export type RunView = z.output<typeof runViewSchema>;

const runDetailsSchema = runViewSchema.extend({ tasks: z.array(taskSchema) });
export type RunDetails = z.output<typeof runDetailsSchema>;

const ofRun = z.strictObject({ run: runSchema });

/** By method name, after `workflow/`. */
export const workflowCalls = {
  check: {
    request: z.strictObject({ text: textSchema, file: z.string() }),
    response: z.object({ name: z.string(), tasks: z.int(), problems: z.array(problemSchema) }),
  },
  run: {
    request: z.strictObject({
      source: sourceSchema,
      /** As typed. The workflow declares their types. */
      params: z.record(z.string(), z.string()).optional(),
      /** The run begins with these tasks. Tasks that they need count as completed. */
      from: z.array(z.string()).optional(),
    }),
    response: runViewSchema,
  },
  list: {
    /** From newest to oldest, starting after `before`. */
    request: z.strictObject({ limit: z.int().min(1).max(1_000), before: runSchema.optional() }),
    response: z.object({
      runs: z.array(runViewSchema),
      /** Workflows of the server's folder. */
      workflows: z.array(
        z.object({
          name: z.string(),
          file: z.string(),
          description: z.string().optional(),
          params: z.record(z.string(), parameterSchema).optional(),
          /** Names of tasks; a matrix has one. At most 100. */
          tasks: z.array(z.string()).optional(),
        }),
      ),
    }),
  },
  show: { request: ofRun, response: runDetailsSchema },
  /** Responds when the run has ended. */
  wait: { request: ofRun, response: runDetailsSchema },
  cancel: { request: ofRun, response: runViewSchema },
  retry: {
    /** Retries one task. Default: every task that did not complete. */
    request: ofRun.extend({ task: z.string().optional() }),
    response: runViewSchema,
  },
  approve: {
    request: ofRun.extend({ task: z.string(), answer: z.enum(['approved', 'refused']) }),
    response: runViewSchema,
  },
} as const;

export type WorkflowCalls = typeof workflowCalls;
export type WorkflowMethod = keyof WorkflowCalls;
export type RequestOf<Method extends WorkflowMethod> = z.output<WorkflowCalls[Method]['request']>;
export type ResponseOf<Method extends WorkflowMethod> = z.output<WorkflowCalls[Method]['response']>;

/** Calls a method of the workflows of a server. @throws SignalboxError if the call fails. */
export async function callWorkflow<Method extends WorkflowMethod>(
  service: JobService,
  method: Method,
  request: RequestOf<Method>,
  options?: { readonly signal?: AbortSignal },
): Promise<ResponseOf<Method>> {
  const response = await service.call(`workflow/${method}`, request, options);
  return workflowCalls[method].response.parse(response) as ResponseOf<Method>;
}
