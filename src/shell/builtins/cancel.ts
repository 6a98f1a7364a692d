import type { Builtin, BuiltinContext } from '../../plugin/builtin.ts';
import type { JobView } from '../../plugin/job-service.ts';
import { isMissed } from '../jobs-meant.ts';
import { splitOptions, usageError } from '../parse/builtin-arguments.ts';

export const cancelBuiltin: Builtin = {
  name: 'cancel',
  usage: 'cancel JOB… [--unsent]',
  summary:
    'Cancel jobs: 7 cancels job 7 on all clients, 7/w1 only on w1; --unsent cancels only what was not sent yet. For a batch in progress, the prompt asks which.',
  example: 'cancel 7/w1',
  completes: ['job'],
  options: [{ option: '--unsent', about: 'stop sending; running jobs continue' }],
  prepare(context, words) {
    const { plain, options } = splitOptions(cancelBuiltin, words);
    if (plain.length === 0) throw usageError(cancelBuiltin, 'a job is missing; jobs lists them');
    return async () => {
      // A script may cancel jobs that an earlier server started.
      if (!(await context.clientsReady())) return;
      const jobs = await context.jobsMeant(plain, 'endable');
      const running = jobs.filter(({ state }) => state !== 'settled');
      const unsent = options.has('--unsent') || (await isOnlyUnsent(context, running));
      if (unsent === undefined) context.output.note('nothing was cancelled');
      else if (unsent) await cancelUnsent(context, running);
      else await cancelAll(context, running, jobs.filter(isMissed));
    };
  },
};

/** At a prompt, asks whether to stop only the sending. @returns undefined without an answer. */
async function isOnlyUnsent({ choose }: BuiltinContext, running: readonly JobView[]): Promise<boolean | undefined> {
  const held = running.filter((job) => job.held).length;
  const others = running.length - held;
  if (!choose || held === 0 || others === 0) return false;
  const sent = others === 1 ? '1 client' : `${others} clients`;
  const answer = await choose(
    `It runs on ${sent} and was not yet sent to ${held === 1 ? '1 client' : `${held} clients`}.`,
    ['stop sending; running jobs continue', 'stop sending and cancel running jobs'],
  );
  return answer === undefined ? undefined : answer === 0;
}

async function cancelUnsent(context: BuiltinContext, running: readonly JobView[]): Promise<void> {
  const waiting = running.filter(({ state }) => state === 'waiting');
  for (const job of waiting) context.endsByUs(job);
  // Pass all of them: the server knows which were sent meanwhile.
  await context.service.cancel(running, { unsent: true });
  if (waiting.length === 0) context.output.note('everything was sent already; cancel without --unsent cancels it');
}

async function cancelAll(
  context: BuiltinContext,
  running: readonly JobView[],
  missed: readonly JobView[],
): Promise<void> {
  for (const job of running) context.endsByUs(job);
  await context.service.cancel([...running, ...missed]);
  if (missed.length > 0)
    context.output.note('lost jobs that still run are cancelled now, or when their client reconnects');
  else if (running.length === 0) context.output.note('the job has already ended; jobs shows its outcome');
}
