import { select } from '@inquirer/prompts';
import type { Shell } from '../shell.ts';
import { untilSettled } from '../until-settled.ts';

/** Asks one Inquirer question. */
export type Ask<Answer> = (context: {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  signal: AbortSignal;
}) => Promise<Answer>;

/** Owns the screen while it asks. Ctrl-C answers `otherwise`. */
type Dialog = <Answer>(ask: Ask<Answer>, otherwise: Answer) => Promise<Answer>;

const cancelWaitMs = 5_000;

/**
 * If jobs are running, asks what to do with them, and cancels them if that is the answer.
 * @returns whether to leave.
 */
export async function mayLeave(
  shell: Pick<Shell, 'service' | 'events' | 'sent'>,
  { spawns }: { readonly spawns: boolean },
  dialog: Dialog,
): Promise<boolean> {
  const { service } = shell;
  // A user who may not list jobs may leave.
  const { length } = await service.list({ state: 'running' }).catch(() => []);
  if (length === 0) return true;
  const message = `${length === 1 ? 'A job is' : `${length} jobs are`} running.`;
  const choices = [
    { name: 'stay', value: 'stay' as const },
    {
      name: spawns ? 'leave; they end with their clients' : 'leave; they continue on their clients',
      value: 'leave' as const,
    },
    { name: 'cancel them and leave', value: 'cancel' as const },
  ];
  const answer = await dialog((context) => select({ message, choices }, context), 'leave');
  if (answer === 'cancel') {
    const find = async () => {
      const left = await service.list({ state: 'running' });
      await service.cancel(left);
      return left;
    };
    await untilSettled(shell, find, AbortSignal.timeout(cancelWaitMs));
  }
  return answer !== 'stay';
}
