import type { Builtin, BuiltinContext, Run } from '../../plugin/builtin.ts';
import type { SilenceFilter } from '../../plugin/notify-calls.ts';
import type { Word } from '../../plugin/statement.ts';
import { atMost, splitOptions, usageError } from '../parse/builtin-arguments.ts';
import { durationForm, parseDuration } from '../parse/duration.ts';
import { formatTime } from '../parse/time.ts';

const actions = ['list', 'test', 'history', 'silence'] as const;
const fields = ['on', 'command', 'target', 'outcome', 'actor', 'workflow', 'check'] as const;

export const notifyBuiltin: Builtin = {
  name: 'notify',
  usage: 'notify list | test CHANNEL | history | silence FIELD=VALUE… --for TIME',
  summary: 'Rules and channels of notifications, their messages, and silences.',
  example: 'notify silence command=run target=web-* --for 2h',
  completes: [actions, []],
  options: [{ option: '--for', label: 'TIME', about: 'silence: for how long, such as 2h; 0 lifts the silence' }],
  prepare(context, words) {
    const { plain, options } = splitOptions(notifyBuiltin, words);
    const [what, ...rest] = plain;
    const action = actions.find((one) => one === what?.text);
    if (!action) throw usageError(notifyBuiltin, `notify takes one of ${actions.join(', ')}`, what);
    const time = options.get('--for');
    if (action === 'silence') return silence(context, rest, time);
    if (time) throw usageError(notifyBuiltin, '--for is only for notify silence', time);
    atMost(notifyBuiltin, plain, action === 'test' ? 2 : 1);
    if (action === 'list') return () => list(context);
    if (action === 'history') {
      return () => history(context);
    }
    const [channel] = rest;
    if (!channel) throw usageError(notifyBuiltin, 'a channel is missing; notify list shows them');
    return () => test(context, channel.text);
  },
};

/** Loaded on first use: attach starts faster without it. */
const parts = async () => ({
  ...(await import('../notify/ask-notify.ts')),
  ...(await import('../notify/draw-notify.ts')),
});

async function history({ service, output }: BuiltinContext): Promise<void> {
  const { askNotify, historyTable } = await parts();
  output.table(historyTable(await askNotify(service, 'history', {})));
}

async function list({ service, output }: BuiltinContext): Promise<void> {
  const { askNotify, channelsTable, rulesTable, silencesTable } = await parts();
  const { rules, channels, silences, missed } = await askNotify(service, 'list', {});
  output.table(rulesTable(rules));
  if (rules.length === 0 && channels.length === 0) return;
  output.table(channelsTable(channels, missed));
  if (silences.length > 0) output.table(silencesTable(silences));
}

async function test(context: BuiltinContext, name: string): Promise<void> {
  const { askNotify } = await parts();
  const { channel, id, error } = await askNotify(context.service, 'test', { channel: name });
  if (error === undefined) {
    context.output.say(`${channel} accepted ${id}`, { channel, id });
    return;
  }
  const { SignalboxError } = await import('../../../schemas/errors.ts');
  context.fail(new SignalboxError('command_failed', `${channel} did not accept ${id}: ${error}`));
}

function silence({ service, output }: BuiltinContext, words: readonly Word[], time: Word | undefined): Run {
  if (!time) throw usageError(notifyBuiltin, `--for is missing: ${durationForm}`);
  const forMs = parseDuration(time.text);
  if (forMs === undefined) throw usageError(notifyBuiltin, `'${time.text}' is not ${durationForm}`, time);
  if (words.length === 0)
    throw usageError(notifyBuiltin, "a filter is missing: 'on=*' matches everything, command=run one command");
  const filter = Object.fromEntries(words.map(fieldOf)) as SilenceFilter;
  return async () => {
    const { askNotify } = await parts();
    const { silence: one } = await askNotify(service, 'silence', { filter, forMs });
    const filterWords = words.map(({ text }) => text).join(' ');
    const said =
      forMs === 0 ? `silence lifted: ${filterWords}` : `silenced until ${formatTime(one.untilMs)}: ${filterWords}`;
    output.say(said, { silence: one });
  };
}

function fieldOf(word: Word): [string, string | string[]] {
  const at = word.text.indexOf('=');
  const field = fields.find((one) => one === word.text.slice(0, at));
  const value = word.text.slice(at + 1);
  if (!field || value === '')
    throw usageError(notifyBuiltin, `a filter is FIELD=VALUE; fields: ${fields.join(', ')}`, word);
  return [field, field === 'target' ? value.replace(/^@/, '') : value.split(',')];
}
