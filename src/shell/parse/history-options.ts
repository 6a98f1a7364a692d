import type { Outcome } from '../../../schemas/index.ts';
import { outcomes } from '../../../schemas/words.ts';
import { nearest } from '../../nearest.ts';
import type { BuiltinOption } from '../../plugin/builtin.ts';
import type { HistoryFilter } from '../../plugin/job-service.ts';
import type { Word } from '../../plugin/statement.ts';
import { type Usage, usageError } from './builtin-arguments.ts';
import { parseSince, sinceForm } from './time.ts';

/** Number of jobs shown by default. */
const defaultLimit = 100;
/** All shown jobs are in memory at once. */
const maxLimit = 100_000;

export const historyOptions: readonly BuiltinOption[] = [
  { option: '--client', label: 'NAME', about: 'only jobs on this client', completes: 'client' },
  { option: '--command', label: 'NAME', about: 'only jobs of this command', completes: 'contract' },
  { option: '--outcome', label: 'O,…', about: 'only jobs with one of these outcomes', completes: 'outcome' },
  { option: '--since', label: 'D', about: 'only jobs submitted since 2h, 7d, 2026-03-01 or 2026-03-01T09:30' },
  { option: '--actor', label: 'NAME', about: 'only jobs submitted by this actor' },
  { option: '--limit', label: 'N', about: `the newest N; default: ${defaultLimit}` },
];

interface Wanted {
  readonly limit: number;
  /** Durations count back from `nowMs`. */
  filter(nowMs: number): HistoryFilter;
}

/** @throws ShellError for an invalid value. */
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
      // Control commands are listed only if one is named.
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
    const why = close ? `did you mean ${close}?` : `use ${outcomes.join(', ')}`;
    throw usageError(builtin, `'${text}' is not an outcome; ${why}`, word);
  });
}
