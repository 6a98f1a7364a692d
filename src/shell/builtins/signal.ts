import { jobSignals } from '../../../schemas/words.ts';
import { nearest } from '../../nearest.ts';
import type { Builtin, BuiltinContext } from '../../plugin/builtin.ts';
import type { JobView } from '../../plugin/job-service.ts';
import type { Word } from '../../plugin/statement.ts';
import { atMost, usageError } from '../parse/builtin-arguments.ts';
import { jobName } from '../parse/job-id.ts';
import { ShellError } from '../shell-error.ts';

/** The running jobs that a word names. @throws ShellError `no_such_job` if none is running. */
async function runningOf(context: BuiltinContext, word: Word): Promise<JobView[]> {
  const meant = await context.jobsMeant([word], 'unsettled');
  const running = meant.filter(({ state }) => state === 'accepted' || state === 'sent');
  const [first] = meant;
  if (running.length > 0 || !first) return running;
  const name = jobName(first);
  const why = whyNot[first.state] ?? 'has not started';
  throw new ShellError(
    'no_such_job',
    `${meant.length > 1 ? `no job of ${word.text} is running: ` : ''}${name} ${why}`,
    { at: word },
  );
}

const whyNot: Partial<Record<JobView['state'], string>> = { settled: 'has ended', unreachable: 'is unreachable' };

const names = jobSignals.map((name) => name.slice('SIG'.length));

export const signalBuiltin: Builtin = {
  name: 'signal',
  usage: 'signal JOB NAME',
  summary: `Send a signal to the processes of a job: ${names.join(', ')}.`,
  example: 'signal 7/w1 HUP',
  completes: ['job', 'signal'],
  prepare(context, words) {
    const [job, given] = words;
    if (!job) throw usageError(signalBuiltin, 'a job is missing; jobs lists them');
    if (!given) throw usageError(signalBuiltin, 'a signal is missing');
    atMost(signalBuiltin, words, 2);
    const name = given.text.toUpperCase().replace(/^SIG/, '');
    const signal = jobSignals.find((one) => one === `SIG${name}`);
    if (!signal) {
      const close = nearest(name, names);
      throw usageError(
        signalBuiltin,
        `'${given.text}' is not a signal${close ? `; did you mean ${close}?` : ''}`,
        given,
      );
    }
    return async () => context.service.signal(await runningOf(context, job), signal);
  },
};
