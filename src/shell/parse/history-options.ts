import type { Outcome } from '../../../schemas/index.ts';
import { outcomes } from '../../../schemas/words.ts';
import { nearest } from '../../nearest.ts';
import type { BuiltinOption } from '../../plugin/builtin.ts';
import type { HistoryFilter } from '../../plugin/job-service.ts';
import type { Word } from '../../plugin/statement.ts';
import { type Usage, usageError } from './builtin-arguments.ts';
import { parseSince, sinceForm } from './time.ts';

/** Shown of what is asked for. */
const defaultLimit = 100;
/** All are in memory to be shown. */
const maxLimit = 100_000;

export const historyOptions: readonly BuiltinOption[] = [
  { option: '--client', label: 'NAME', about: 'on this client', completes: 'client' },
  { option: '--command', label: 'NAME', about: 'of this command', completes: 'contract' },
  { option: '--outcome', label: 'O,…', about: 'that ended in one of these ways', completes: 'outcome' },
  { option: '--since', label: 'D', about: 'submitted since: 2h, 7d, 2026-03-01 or 2026-03-01T09:30' },
  { option: '--actor', label: 'NAME', about: 'submitted by this actor' },
  { option: '--limit', label: 'N', about: `the newest N; else ${defaultLimit}` },
];

interface Wanted {
  readonly limit: number;
  /** A duration counts from when it is asked. */
  filter(nowMs: number): HistoryFilter;
}

/** @throws ShellError for a value that means nothing. */
export function historyWanted(builtin: Usage, options: ReadonlyMap<string, Word>): Wanted {
  const [client, command, actor] = ['--client', '--command', '--actor'].map((option) => options.get(option)?.text);
  const since = options.get('--since');
  const sinceAt = since && parseSince(since.text);
  if (since && !sinceAt) throw usageError(builtin, `'${since.text}' is not ${sinceForm}`, since);
  const limit = options.get('--limit');
  if (limit && !(/^[1-9]\d{0,5}$/.test(limit.text) && Number(limit.text) <= maxLimit)) {
    throw usageError(builtin, `--limit takes a whole number from 1 to ${maxLimit}, not '${limit.text}'`, limit);
  }
  const outcome = options.get('--outcome');
  const ways = outcome && outcomesOf(builtin, outcome);
  return {
    limit: limit ? Number(limit.text) : defaultLimit,
    filter: (nowMs) => ({
      ...(client !== undefined && { client }),
      // Control commands are listed where one is asked for by name.
      ...(command === undefined ? { kind: 'data' as const } : { command }),
      ...(actor !== undefined && { actor }),
      ...(ways && { outcomes: ways }),
      ...(sinceAt && { sinceMs: sinceAt(nowMs) }),
    }),
  };
}

function outcomesOf(builtin: Usage, word: Word): Outcome[] {
  return word.text.split(',').map((text) => {
    const outcome = outcomes.find((one) => one === text);
    if (outcome) return outcome;
    const close = nearest(text, outcomes);
    const why = close ? `did you mean ${close}?` : `they are ${outcomes.join(', ')}`;
    throw usageError(builtin, `'${text}' is no outcome; ${why}`, word);
  });
}
