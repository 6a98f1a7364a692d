import { SignalboxError } from '../../../schemas/errors.ts';
import type { BuiltinContext } from '../../plugin/builtin.ts';
import type { RunDetails } from '../../plugin/workflow-calls.ts';
import { ask } from './ask.ts';
import { drawRun } from './draw-run.ts';

/** Waits for the end of a run, over restarts of its server, and shows it. That it did not complete is a failure of the script. */
export async function waitForRun(context: BuiltinContext, run: number): Promise<void> {
  const details = await endOfRun(context, run);
  context.output.say(drawRun(details), { run: details });
  if (details.state === 'completed') return;
  const culprit = details.tasks.find(({ state }) => state !== 'completed' && state !== 'skipped');
  const why = culprit ? `: ${culprit.task} ${culprit.state}${culprit.error ? `, ${culprit.error}` : ''}` : '';
  context.fail(new SignalboxError('command_failed', `run ${run} of ${details.workflow} ${details.state}${why}`), 4);
}

async function endOfRun({ service, signal }: BuiltinContext, run: number): Promise<RunDetails> {
  for (;;) {
    try {
      return await ask(service, 'wait', { run }, { signal });
    } catch (error) {
      // The server was restarted, and goes on with the run.
      if (!(error instanceof SignalboxError) || error.code !== 'unknown') throw error;
    }
  }
}
