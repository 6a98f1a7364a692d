import { SignalboxError } from '../../schemas/index.ts';
import { isPlaceName, keyOfText } from '../place-name.ts';
import type { JobKey, JobService } from '../plugin/job-service.ts';
import type { Instance } from './instances.ts';
import type { TaskState } from './plan.ts';
import type { Head, StoredAttempt } from './run-record.ts';
import { referencesOf, type TaskLine } from './task-line.ts';
import { type TaskFacts, valuesFor } from './values.ts';

const maxLineBytes = 4_096;

/** The values left by the job of a task that ran on one client; empty if they are no longer kept. */
async function factsOf(service: JobService, attempts: readonly StoredAttempt[]): Promise<TaskFacts> {
  const last = attempts.at(-1);
  const [client, second] = last?.sent?.clients ?? [];
  if (last?.unsent) return { error: last.unsent.error };
  if (!last?.sent || client === undefined || second !== undefined) return {};
  if (attempts.some(({ sent }) => sent !== undefined && sent.clients.length > 1)) return {};
  const job = keyOfText(last.sent.id, client);
  try {
    const { client: name, result, error } = await service.get(job);
    const stdout = await lastLine(service, job);
    return {
      ...(name !== null && { client: name }),
      result,
      ...(stdout !== undefined && { stdout }),
      ...(error && { error: error.message }),
    };
  } catch (error) {
    if (error instanceof SignalboxError && error.code === 'no_such_job') return isPlaceName(client) ? {} : { client };
    throw error;
  }
}

async function lastLine(service: JobService, job: JobKey): Promise<string | undefined> {
  const runs = await service.output(job);
  const data = Buffer.concat(runs.filter(({ stream }) => stream === 'stdout').map((run) => run.data));
  if (data.length === 0) return undefined;
  const end = data.at(-1) === 10 ? data.length - 1 : data.length;
  const start = data.lastIndexOf(10, end - 1) + 1;
  const line = data.subarray(end === 0 ? 0 : start, end);
  return new TextDecoder().decode(line.subarray(0, maxLineBytes)).replace(/\ufffd$/, '');
}

interface Surroundings {
  readonly service: JobService;
  readonly head: Head;
  readonly instances: readonly Instance[];
  readonly states: ReadonlyMap<string, TaskState>;
  readonly attemptsOf: (task: string) => readonly StoredAttempt[];
}

/** Finds the values of a line, after reading the values of finished tasks. */
export async function valuesForLine(
  line: TaskLine,
  instance: Instance,
  { service, head, instances, states, attemptsOf }: Surroundings,
): Promise<(path: readonly string[]) => string | undefined> {
  const wanted = referencesOf(line).filter(({ reference: { path } }) => path[1] !== 'outcome');
  const tasks = new Set(wanted.map(({ reference }) => reference.path[0]));
  const read = instances
    .filter(({ task }) => tasks.has(task))
    .map(async ({ key }) => [key, await factsOf(service, attemptsOf(key))] as const);
  const { run: id, workflow, plannedAtMs, client, params } = head;
  const planned = plannedAtMs === undefined ? {} : { plannedAt: new Date(plannedAtMs).toISOString() };
  const facts = new Map(await Promise.all(read));
  return valuesFor(instance, {
    run: { id: String(id), workflow, params, ...planned, ...(client !== undefined && { client }) },
    states,
    instances,
    facts,
  });
}
