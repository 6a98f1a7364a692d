import { SignalboxError } from '../../schemas/index.ts';
import type { JobKey, JobService } from '../plugin/job-service.ts';
import type { StoredAttempt } from './run-record.ts';
import type { TaskFacts } from './values.ts';

const maxLineBytes = 4_096;

/** What the job of a task that ran on one client has left; nothing where that is not kept any more. */
export async function factsOf(service: JobService, attempts: readonly StoredAttempt[]): Promise<TaskFacts> {
  const last = attempts.at(-1);
  const [client, second] = last?.sent?.clients ?? [];
  if (last?.unsent) return { error: last.unsent.error };
  if (!last?.sent || client === undefined || second !== undefined) return {};
  if (attempts.some(({ sent }) => sent !== undefined && sent.clients.length > 1)) return {};
  const job = { id: last.sent.id, client };
  try {
    const { result, error } = await service.get(job);
    const stdout = await lastLine(service, job);
    return { client, result, ...(stdout !== undefined && { stdout }), ...(error && { error: error.message }) };
  } catch (error) {
    if (error instanceof SignalboxError && error.code === 'no_such_job') return { client };
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
