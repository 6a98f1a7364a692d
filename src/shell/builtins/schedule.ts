import type { Builtin, BuiltinContext, Run } from '../../plugin/builtin.ts';
import type { JobService } from '../../plugin/job-service.ts';
import type { ScheduleMethod, ScheduleRequest, ScheduleResponse } from '../../plugin/schedule-calls.ts';
import type { Word } from '../../plugin/statement.ts';
import { atMost, splitOptions, usageError } from '../parse/builtin-arguments.ts';
import { formatTime } from '../parse/time.ts';
import { drawSchedule, schedulesTable } from '../workflow/draw-schedules.ts';

const actions = ['list', 'next', 'pause', 'resume', 'run'] as const;
type Action = (typeof actions)[number];

export const scheduleBuiltin: Builtin = {
  name: 'schedule',
  usage: 'schedule list | next|pause|resume NAME | run NAME [--from T [--to T]]',
  summary: 'The times at which workflows of the folder are run: what comes, what has become of each, and pauses.',
  example: 'schedule next nightly',
  completes: [actions],
  options: [
    { option: '--from', label: 'T', about: 'run: for each planned time from this one on, 2026-12-01T03:00Z say' },
    { option: '--to', label: 'T', about: 'run: the last such time; default: now' },
  ],
  prepare(context, words) {
    const { plain, options } = splitOptions(scheduleBuiltin, words);
    const [what, name] = plain;
    const action = actions.find((one) => one === what?.text);
    if (!action) throw usageError(scheduleBuiltin, `what of schedule? ${actions.join(', ')}`, what);
    atMost(scheduleBuiltin, plain, action === 'list' ? 1 : 2);
    if (action === 'list')
      return async () => context.output.table(schedulesTable((await ask(context.service, 'list', {})).schedules));
    if (!name) throw usageError(scheduleBuiltin, 'which schedule? schedule list names them');
    const [fromMs, toMs] = [timeOf(options.get('--from')), timeOf(options.get('--to'))];
    if (action === 'run') return () => runNow(context, name.text, { fromMs, toMs });
    return actOn(context, action, name.text);
  },
};

function actOn({ service, output }: BuiltinContext, action: Exclude<Action, 'list' | 'run'>, schedule: string): Run {
  return async () => {
    if (action !== 'next') {
      const view = await ask(service, action, { schedule });
      output.say(drawSchedule(view), { schedule: view });
      return;
    }
    const { schedules } = await ask(service, 'list', {});
    const found = schedules.filter((one) => one.schedule === schedule || one.workflow === schedule);
    if (found.length === 0)
      throw usageError(scheduleBuiltin, `there is no schedule ${schedule}; schedule list names them`);
    for (const view of found) output.say(drawSchedule(view), { schedule: view });
  };
}

async function runNow(
  { service, output }: BuiltinContext,
  schedule: string,
  { fromMs, toMs }: { fromMs: number | undefined; toMs: number | undefined },
): Promise<void> {
  const span = { ...(fromMs !== undefined && { fromMs }), ...(toMs !== undefined && { toMs }) };
  const { runs } = await ask(service, 'run', { schedule, ...span });
  const names = runs.length === 0 ? 'nothing to run' : `started: run ${runs.join(', ')}`;
  output.say(names, { schedule, runs });
}

function timeOf(word: Word | undefined): number | undefined {
  if (!word) return undefined;
  const ms = /^\d{4}-\d\d-\d\d/.test(word.text) ? Date.parse(word.text) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw usageError(
      scheduleBuiltin,
      `'${word.text}' is no time such as ${formatTime(Date.now()).replace(' ', 'T')}`,
      word,
    );
  }
  return ms;
}

/** It is loaded with zod, which attach does not need to start. */
async function ask<Method extends ScheduleMethod>(
  service: JobService,
  method: Method,
  request: ScheduleRequest<Method>,
): Promise<ScheduleResponse<Method>> {
  const { callSchedule } = await import('../../plugin/schedule-calls.ts');
  return await callSchedule(service, method, request);
}
