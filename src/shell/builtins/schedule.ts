import type { Builtin, BuiltinContext, Run } from '../../plugin/builtin.ts';
import type { Word } from '../../plugin/statement.ts';
import { atMost, splitOptions, usageError } from '../parse/builtin-arguments.ts';
import { parseSince, sinceForm } from '../parse/time.ts';
import { askSchedule, listSchedules } from '../workflow/ask-schedule.ts';
import { drawSchedule, schedulesTable } from '../workflow/draw-schedules.ts';

const actions = ['list', 'next', 'pause', 'resume', 'run', 'cancel'] as const;
type Action = (typeof actions)[number];

export const scheduleBuiltin: Builtin = {
  name: 'schedule',
  usage: 'schedule list | next|pause|resume|cancel NAME | run NAME [--from T [--to T]]',
  summary:
    'Show when workflows of the folder run next and what earlier times led to; pause, resume, run or cancel a schedule.',
  example: 'schedule next nightly',
  completes: [
    actions,
    { next: 'schedule', pause: 'schedule', resume: 'schedule', run: 'schedule', cancel: 'schedule' },
  ],
  options: [
    {
      option: '--from',
      label: 'T',
      about: 'run: run each planned time since then that had no run, such as 2026-12-01T03:00Z or 12h',
    },
    { option: '--to', label: 'T', about: 'run: the last such time; default: now' },
  ],
  prepare(context, words) {
    const { plain, options } = splitOptions(scheduleBuiltin, words);
    const [what, name] = plain;
    const action = actions.find((one) => one === what?.text);
    if (!action) throw usageError(scheduleBuiltin, `schedule takes one of ${actions.join(', ')}`, what);
    atMost(scheduleBuiltin, plain, action === 'list' ? 1 : 2);
    if (action === 'list')
      return async () => context.output.table(schedulesTable(await listSchedules(context.service)));
    if (!name) throw usageError(scheduleBuiltin, 'a schedule is missing; schedule list shows them');
    const [fromMs, toMs] = [timeOf(options.get('--from')), timeOf(options.get('--to'))];
    if (action === 'run') return () => runNow(context, name.text, { fromMs, toMs });
    return actOn(context, action, name.text);
  },
};

function actOn({ service, output }: BuiltinContext, action: Exclude<Action, 'list' | 'run'>, schedule: string): Run {
  return async () => {
    if (action !== 'next') {
      const view = await askSchedule(service, action, { schedule });
      output.say(drawSchedule(view), { schedule: view });
      return;
    }
    const { schedules } = await askSchedule(service, 'show', { schedule });
    for (const view of schedules) output.say(drawSchedule(view), { schedule: view });
  };
}

async function runNow(
  { service, output }: BuiltinContext,
  schedule: string,
  { fromMs, toMs }: { fromMs: number | undefined; toMs: number | undefined },
): Promise<void> {
  const span = { ...(fromMs !== undefined && { fromMs }), ...(toMs !== undefined && { toMs }) };
  const { runs, left, atOnce } = await askSchedule(service, 'run', { schedule, ...span });
  const started = runs.length === 0 ? undefined : `started: run ${runs.join(', ')}`;
  const follow =
    left === 0 ? undefined : `${left} more follow, ${atOnce === 1 ? 'one after the other' : `${atOnce} at a time`}`;
  const words = [started, follow].filter((one) => one !== undefined).join('; ');
  output.say(words === '' ? 'nothing to run' : words, { schedule, runs, left, atOnce });
}

function timeOf(word: Word | undefined): number | undefined {
  if (!word) return undefined;
  const since = parseSince(word.text);
  if (!since) throw usageError(scheduleBuiltin, `'${word.text}' is not ${sinceForm}`, word);
  return since(Date.now());
}
