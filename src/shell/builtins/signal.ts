import { jobSignalSchema } from '../../../schemas/index.ts';
import { nearest } from '../../nearest.ts';
import type { JobView } from '../../plugin/job-service.ts';
import { rejectOnAbort } from '../../reject-on-abort.ts';
import type { Builtin } from '../builtin.ts';
import { jobsMeant } from '../jobs-meant.ts';
import { shortId } from '../parse/job-id.ts';
import type { Word } from '../parse/parse.ts';
import { atMost, wordError } from '../parse/word-arguments.ts';
import type { Shell } from '../shell.ts';
import { ShellError } from '../shell-error.ts';

/** Of the jobs that a word means those that run. @throws ShellError `no_such_job` where none does. */
async function runningOf(shell: Shell, word: Word): Promise<JobView[]> {
  const meant = await jobsMeant(shell, [word]);
  const running = meant.filter(({ state }) => state === 'accepted' || state === 'sent');
  const [first] = meant;
  if (running.length > 0 || !first) return running;
  const name = `${shortId(first.id, shell.service.bootId)}/${first.client}`;
  const why = whyNot[first.state] ?? 'has not begun';
  throw new ShellError('no_such_job', `${meant.length > 1 ? 'no job of it runs: ' : ''}${name} ${why}`, { at: word });
}

const whyNot: Partial<Record<JobView['state'], string>> = { settled: 'has ended', unreachable: 'is unreachable' };

const names = jobSignalSchema.options.map((name) => name.slice('SIG'.length));

export const signalWord: Builtin = {
  name: 'signal',
  usage: 'signal JOB NAME',
  summary: `Send a signal to the processes of a job: ${names.join(', ')}.`,
  example: 'signal 7/w1 HUP',
  completes: ['job', 'signal'],
  prepare(shell, words) {
    const [job, given] = words;
    if (!job) throw wordError(signalWord, 'which job? jobs lists them');
    if (!given) throw wordError(signalWord, 'which signal?');
    atMost(signalWord, words, 2);
    const name = given.text.toUpperCase().replace(/^SIG/, '');
    const parsed = jobSignalSchema.safeParse(`SIG${name}`);
    if (!parsed.success) {
      const close = nearest(name, names);
      throw wordError(signalWord, `'${given.text}' is no signal${close ? `; did you mean ${close}?` : ''}`, given);
    }
    return async (signal) => {
      const running = await rejectOnAbort(runningOf(shell, job), signal);
      await rejectOnAbort(shell.service.signal(running, parsed.data), signal);
    };
  },
};
