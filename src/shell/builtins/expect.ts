import { SignalboxError } from '../../../schemas/errors.ts';
import { outcomes } from '../../../schemas/words.ts';
import { type ExitCode, exitCodeOfOutcome, worst } from '../../exit-code.ts';
import { fewNames, foldNames } from '../../fold-names.ts';
import { nearest } from '../../nearest.ts';
import { clientText } from '../../place-name.ts';
import type { Builtin } from '../../plugin/builtin.ts';
import type { JobOutcome } from '../../plugin/job-group.ts';
import { untilAborted } from '../../until-aborted.ts';
import { usageError } from '../parse/builtin-arguments.ts';
import { targetsOf } from '../parse/parse.ts';

export const expectBuiltin: Builtin = {
  name: 'expect',
  usage: 'expect OUTCOME COMMAND…',
  summary: `Send a command, wait for it, and fail unless every client reports this outcome: ${outcomes.join(', ')}.`,
  example: 'expect rejected ping',
  completes: ['outcome', 'statement'],
  takesTarget: true,
  prepare(context, [expected, ...rest], statement) {
    const outcome = outcomes.find((one) => one === expected?.text);
    if (!outcome) {
      const given = expected?.text ?? '';
      const close = nearest(given, outcomes);
      const why = expected
        ? `'${given}' is not an outcome${close ? `; did you mean ${close}?` : ''}`
        : 'an outcome is missing';
      throw usageError(expectBuiltin, why, expected);
    }
    const [command] = rest;
    if (!command) throw usageError(expectBuiltin, 'a command is missing');
    const [targets, words] = command.text.startsWith('@')
      ? [targetsOf(command), rest.slice(1)]
      : [statement.targets, rest];
    const contract = context.contract(words[0]?.text ?? '', words[0]);
    const send = context.prepareSend(contract, { ...statement, targets, words: [...words] }, false);
    return async () => {
      const sent = await send();
      const ended = sent && (await untilAborted(sent.answered ?? sent.group.outcomes, context.signal));
      if (!ended) return;
      const others = ended.filter((one) => one.outcome !== outcome);
      if (others.length === 0) return;
      const named = [...Map.groupBy(others, (one) => one.outcome)].map(([was, ends]) => {
        const clients = ends.map(clientText);
        return `${was} on ${foldNames(clients, fewNames)}`;
      });
      const text = `expected ${outcome} from ${contract.name}, got ${named.join(', ')}`;
      const code = others.map(codeOf).reduce(worst);
      context.fail(new SignalboxError('command_failed', text), code);
    };
  },
};

/** The exit code without `expect`; an unexpected success counts as a failed command. */
function codeOf(outcome: JobOutcome): ExitCode {
  return exitCodeOfOutcome(outcome, false) || 4;
}
