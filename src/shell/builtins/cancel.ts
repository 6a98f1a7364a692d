import type { Builtin, BuiltinContext } from '../../plugin/builtin.ts';
import type { JobView } from '../../plugin/job-service.ts';
import { isMissed } from '../jobs-meant.ts';
import { splitOptions, usageError } from '../parse/builtin-arguments.ts';

export const cancelBuiltin: Builtin = {
  name: 'cancel',
  usage: 'cancel JOB… [--unsent]',
  summary:
    'End a job: 7 means all jobs of line 7, 7/w1 the one on w1; with --unsent only those that were not sent yet. Of a batch that goes on, a prompt asks which.',
  example: 'cancel 7/w1',
  completes: ['job'],
  options: [{ option: '--unsent', about: 'send no more of it; what runs goes on' }],
  prepare(context, words) {
    const { plain, options } = splitOptions(cancelBuiltin, words);
    if (plain.length === 0) throw usageError(cancelBuiltin, 'which job? jobs lists them');
    return async () => {
      // A script may be there to end what an earlier server began.
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

/** Asks whoever can be asked whether sending is to stop, and no more. @returns undefined without an answer. */
async function isOnlyUnsent({ choose }: BuiltinContext, running: readonly JobView[]): Promise<boolean | undefined> {
  const held = running.filter((job) => job.held).length;
  const others = running.length - held;
  if (!choose || held === 0 || others === 0) return false;
  const sent = others === 1 ? '1 client has it' : `${others} clients have it`;
  const answer = await choose(`It was not sent to ${held} ${held === 1 ? 'client' : 'clients'} yet, and ${sent} now.`, [
    'stop sending; what runs goes on',
    'stop sending, and cancel what runs too',
  ]);
  return answer === undefined ? undefined : answer === 0;
}

async function cancelUnsent(context: BuiltinContext, running: readonly JobView[]): Promise<void> {
  const waiting = running.filter(({ state }) => state === 'waiting');
  for (const job of waiting) context.endsByUs(job);
  // All of them: the server knows which have been sent meanwhile.
  await context.service.cancel(running, { unsent: true });
  if (waiting.length === 0) context.output.note('all of it has been sent; cancel without --unsent ends it');
}

async function cancelAll(
  context: BuiltinContext,
  running: readonly JobView[],
  missed: readonly JobView[],
): Promise<void> {
  for (const job of running) context.endsByUs(job);
  await context.service.cancel([...running, ...missed]);
  if (missed.length > 0)
    context.output.note('what is lost is ended where it still runs, now or when its client is back');
  else if (running.length === 0) context.output.note('it has ended already; jobs says how');
}
