import { SignalboxError } from '../../../schemas/errors.ts';
import { fewNames, foldNames } from '../../fold-names.ts';
import type { Builtin } from '../../plugin/builtin.ts';
import { startTimeout } from '../../timer.ts';
import { durationOf, splitOptions, usageError } from '../parse/builtin-arguments.ts';
import { formatDuration } from '../parse/duration.ts';
import { jobName } from '../parse/job-id.ts';
import { untilNoted } from './until-noted.ts';

export const waitBuiltin: Builtin = {
  name: 'wait',
  usage: 'wait [JOB…] [--until NOTE] [--clients N] [--timeout D]',
  summary:
    'Wait until these jobs have ended (default: all except standing jobs), until they report NOTE as progress, or until N clients are connected. The outcome of a job that you name counts for the script, whoever sent it.',
  example: 'wait --timeout 30s',
  completes: ['job'],
  options: [
    { option: '--until', label: 'NOTE', about: 'until the jobs report this note, such as healthy' },
    { option: '--clients', label: 'N', about: 'until this many clients are connected' },
    { option: '--timeout', label: 'D', about: 'maximum time to wait' },
  ],
  prepare(context, words) {
    const { plain, options } = splitOptions(waitBuiltin, words);
    const timeout = options.get('--timeout');
    const timeoutMs = timeout && durationOf(waitBuiltin, timeout);
    const clients = options.get('--clients');
    if (clients && !/^[1-9]\d{0,5}$/.test(clients.text)) {
      throw usageError(waitBuiltin, `--clients takes a whole number from 1, not '${clients.text}'`, clients);
    }
    const until = options.get('--until');
    if (until && plain.length === 0) throw usageError(waitBuiltin, '--until needs a job', until);
    return async () => {
      const { service, signal: halt } = context;
      using timer = timeoutMs === undefined ? undefined : startTimeout(timeoutMs);
      const timeUp = timer?.signal;
      const signal = timeUp ? AbortSignal.any([halt, timeUp]) : halt;
      const late = (what: string) => {
        if (timeoutMs === undefined || !timeUp?.aborted || halt.aborted) return;
        context.fail(new SignalboxError('timed_out', `${what} after ${formatDuration(timeoutMs)}`));
      };
      if (clients) {
        const count = Number(clients.text);
        const came = await service.waitForClients(count, { signal }).then(
          () => true,
          () => false,
        );
        if (!came) {
          late(`fewer than ${count} clients`);
          return;
        }
        if (plain.length === 0) return;
      }
      if (!(await context.clientsReady(signal))) {
        late('the clients were not connected');
        return;
      }
      if (until) {
        const meant = () => context.jobsMeant(plain);
        const { pending, ended } = await untilNoted(service, meant, until.text, signal);
        const what = `had not reported ${until.text}`;
        if (ended)
          context.fail(
            new SignalboxError('command_failed', `${jobName(ended)} ended without reporting ${until.text}`),
            4,
          );
        else if (pending.length > 0) late(`${foldNames(pending.map(jobName), fewNames)} ${what}`);
        return;
      }
      const all = async () => (await service.list()).filter(({ standing }) => !standing);
      const find = () => (plain.length > 0 ? context.jobsMeant(plain) : all());
      const pending = await context.untilSettled(find, signal);
      if (pending.length === 0) {
        if (plain.length > 0 && !halt.aborted) await context.judge(await context.jobsMeant(plain));
        return;
      }
      const names = pending.map(jobName);
      late(`${foldNames(names, fewNames)} had not ended`);
    };
  },
};
