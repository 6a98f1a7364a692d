import { select } from '@inquirer/prompts';
import type { Shell } from '../shell.ts';
import { untilSettled } from '../until-settled.ts';

/** Asks one question of Inquirer's. */
export type Ask<Answer> = (context: {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  signal: AbortSignal;
}) => Promise<Answer>;

/** Has the screen while it asks. Who ends the question by Ctrl-C has answered `otherwise`. */
type Dialog = <Answer>(ask: Ask<Answer>, otherwise: Answer) => Promise<Answer>;

const cancelWaitMs = 5_000;

/**
 * Asks what becomes of the jobs that run, if there are some, and cancels them where that is the answer.
 * @returns whether to leave.
 */
export async function mayLeave(
  shell: Pick<Shell, 'service' | 'events' | 'sent'>,
  { spawns }: { readonly spawns: boolean },
  dialog: Dialog,
): Promise<boolean> {
  const { service } = shell;
  // Whoever may not list the jobs may leave.
  const { length } = await service.list({ state: 'running' }).catch(() => []);
  if (length === 0) return true;
  const message = `${length === 1 ? 'A job is' : `${length} jobs are`} running.`;
  const choices = [
    { name: 'stay', value: 'stay' as const },
    {
      name: spawns ? 'leave; they end with their clients' : 'leave, and leave them to their clients',
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
