import { SignalboxError } from '../../../schemas/errors.ts';
import { fewNames, foldNames } from '../../fold-names.ts';
import { clientText } from '../../place-name.ts';
import type { Builtin, BuiltinContext } from '../../plugin/builtin.ts';
import type { JobDetails, JobView } from '../../plugin/job-service.ts';
import type { Sent } from '../../plugin/sent.ts';
import type { Statement, Word } from '../../plugin/statement.ts';
import { atMost, splitOptions, usageError } from '../parse/builtin-arguments.ts';
import { called } from '../parse/signature.ts';

export const rerunBuiltin: Builtin = {
  name: 'rerun',
  usage: 'rerun JOB [--failed]',
  summary: 'Send a command again, unchanged, to the same clients; with --failed, only where it did not complete.',
  example: 'rerun 7 --failed',
  completes: ['job'],
  options: [{ option: '--failed', about: 'only to clients where the command did not complete' }],
  prepare(context, words, statement) {
    const { plain, options } = splitOptions(rerunBuiltin, words);
    const [word] = plain;
    if (!word) throw usageError(rerunBuiltin, 'a job is missing; jobs lists them');
    atMost(rerunBuiltin, plain, 1);
    return async () => {
      if (!(await context.clientsReady())) return undefined;
      const meant = await context.jobsMeant([word]);
      const wanted = options.has('--failed') ? meant.filter(hasFailed) : meant;
      const [first] = wanted;
      if (!first) {
        const left = meant.filter(({ state }) => state !== 'settled').map(clientText);
        const others = left.length === 0 ? '' : `; not yet ended on ${foldNames(left, fewNames)}`;
        const text = `nothing was sent: ${word.text} failed on no client${others}`;
        context.output.say(text, { number: meant[0]?.number, clients: [] });
        return undefined;
      }
      const job = await context.service.get(first);
      return await sendAgain(context, job, wanted, { word, statement });
    };
  },
};

const hasFailed = ({ outcome }: JobView): boolean => outcome !== undefined && outcome !== 'completed';

async function sendAgain(
  context: BuiltinContext,
  { command, args, adopted, redacted, timeoutMs, expiresAtMs, submittedAtMs, batch }: JobDetails,
  jobs: readonly JobView[],
  { word, statement }: { word: Word; statement: Statement },
): Promise<Sent | undefined> {
  if (adopted)
    throw refusal(
      `a server with another store sent ${word.text}, so its arguments are unknown: type the command again`,
    );
  const contract = context.contract(command, word);
  if (redacted) {
    const names = redacted.map((name) => called(contract, name)).join(', ');
    throw refusal(`${names} of ${word.text} was redacted and is not in the store: type the command again`);
  }
  const clients = jobs.flatMap(({ client }) => client ?? []);
  if (clients.length === 0) throw refusal(`${word.text} never had a client: type the command again`);
  if (contract.endsClient) {
    // Asks for confirmation, as the command itself does.
    const typed = { ...word, text: command, quoted: false };
    return await context.prepareSend(contract, { ...statement, targets: clients, words: [typed] })();
  }
  const expiresInMs = expiresAtMs === undefined ? undefined : Math.max(0, expiresAtMs - submittedAtMs);
  return await context.send(clients, contract, args, {
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(expiresInMs !== undefined && { expiresInMs }),
    ...(batch && { batch: batch.size }),
    ...(batch?.maxFailures !== undefined && { maxFailures: batch.maxFailures }),
  });
}

const refusal = (text: string): SignalboxError => new SignalboxError('bad_usage', text);
