import { SignalboxError } from '../../../schemas/errors.ts';
import type { BuiltinContext } from '../../plugin/builtin.ts';
import type { RunDetails, RunView } from '../../plugin/workflow-calls.ts';
import { ask } from './ask.ts';
import { drawRun, runLine } from './draw-run.ts';

/** Starts a run. At a prompt, it does not wait for its end unless `waits`. */
export async function startRun(context: BuiltinContext, start: () => Promise<RunView>, waits: boolean): Promise<void> {
  if (!context.atPrompt || waits) return await waitForRun(context, start);
  const started = await start();
  context.output.say(runLine(started), { run: started });
}

/**
 * Starts a run and waits for its end, even if the server restarts. Shows the output of its jobs and its end. A run that
 * does not complete is a failure of the script.
 */
async function waitForRun(context: BuiltinContext, start: () => Promise<RunView>): Promise<void> {
  const started = Promise.withResolvers<number>();
  using shown = context.showRun(started.promise);
  start().then(({ run }) => started.resolve(run), started.reject);
  const details = await endOfRun(context, await started.promise);
  await shown.ended();
  const { run } = details;
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
      // The server was restarted and continues the run.
      if (!(error instanceof SignalboxError) || error.code !== 'unknown') throw error;
    }
  }
}
