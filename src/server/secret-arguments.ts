import { randomUUID } from 'node:crypto';
import { type CommandContract, SignalboxError } from '../../schemas/index.ts';
import { holds, placeholder, type SecretUse, valueAt, withTexts } from '../jobs/secret-use.ts';
import type { FillSecrets } from '../jobs/send-queue.ts';
import { checkSendable } from './check-sendable.ts';

type Args = Record<string, unknown>;

/**
 * Refuses secrets in arguments that would be visible.
 * @throws SignalboxError `bad_usage`
 */
export function checkSecrets(command: CommandContract, args: Args, uses: readonly SecretUse[]): void {
  const changed = uses.find(({ path, pieces }) => valueAt(args, path) !== placeholder(pieces));
  if (changed) {
    throw new SignalboxError('bad_usage', `${command.name}: ${changed.path.join('.')} no longer contains its secret`);
  }
  const mark = randomUUID();
  const marked = withTexts(args, uses, (pieces) =>
    pieces.map((piece) => (typeof piece === 'string' ? piece : mark)).join(''),
  );
  const shown = command.auditArgs ? command.auditArgs(marked) : marked;
  if (!holds(shown, mark)) return;
  const names = uses.flatMap(({ pieces }) => pieces.flatMap((one) => (typeof one === 'string' ? [] : one.secret)));
  throw new SignalboxError('bad_usage', `${command.name} would show the secret ${names.join(', ')}; nothing was sent`);
}

/** @param textOf returns the text of a secret; throws SignalboxError if it is not available. */
export function createFillSecrets(
  commands: ReadonlyMap<string, CommandContract>,
  textOf: (secret: string) => string,
): FillSecrets {
  return (name, args, uses) => {
    try {
      const filled = withTexts(args, uses, (pieces) =>
        pieces.map((piece) => (typeof piece === 'string' ? piece : textOf(piece.secret))).join(''),
      );
      checkFilled(commands.get(name), filled, uses);
      return { args: filled };
    } catch (error) {
      return { error: SignalboxError.from(error, 'internal').toWire() };
    }
  };
}

/** Errors of the schema are not quoted, because they may contain the value. */
function checkFilled(command: CommandContract | undefined, filled: Args, uses: readonly SecretUse[]): void {
  if (command?.args.safeParse(filled).success === false) {
    const texts = uses.map(({ pieces }) => `'${placeholder(pieces)}'`).join(', ');
    throw new SignalboxError('bad_arguments', `${command.name}: ${texts} is not valid with the value of the secret`);
  }
  checkSendable(filled, {});
}
