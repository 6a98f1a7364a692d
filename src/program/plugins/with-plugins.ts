import { writeSync } from 'node:fs';
import { inspect } from 'node:util';
import { builtinContracts } from '../../builtin-contracts.ts';
import type { Host } from '../../host/host.ts';
import { printable } from '../../host/printable.ts';
import type { PluginHost } from '../../plugin/define-plugin.ts';
import { FaultReports } from '../../plugin/fault-reports.ts';
import { PluginScope } from '../../plugin/plugin-scope.ts';
import type { SetUp } from '../../plugin/set-up.ts';
import { endProcess } from '../end-process.ts';
import { guardExit } from './exit-guard.ts';
import type { GivenPlugins } from './given-plugins.ts';

/**
 * Sets up plug-ins, runs the subcommand with their additions, and ends them. An uncaught error of a plug-in, in a timer or
 * a promise, is reported once with the name of the plug-in; every other uncaught exception ends the process as it does
 * without plug-ins.
 * @throws SignalboxError `bad_usage` if one could not be loaded or set up; nothing else was done then.
 */
export async function withPlugins(
  plugins: GivenPlugins,
  { side, isSpawned, host }: { side: PluginHost['side']; isSpawned?: boolean | undefined; host: Host },
  run: (added: SetUp) => Promise<number>,
): Promise<number> {
  const scope = new PluginScope();
  const faults = new FaultReports(
    ({ source, error }) => void host.stderr.write(`${printable(`${source} failed: ${error.message}`)}\n`),
  );
  const uncaught = (error: unknown): void => {
    const owner = scope.current ?? (error instanceof Error ? plugins.ownerOf(error.stack ?? '') : undefined);
    if (owner !== undefined) faults.report(`plug-in ${owner}`, error);
    else endAsUncaught(error, host);
  };
  let isSetUp = false;
  const { signal } = host.ending;
  using _guard = guardExit(() => {
    if (scope.current === undefined || signal.aborted) return undefined;
    const what = isSetUp ? 'ended the process' : 'cannot be set up: it ends the process';
    return { sentence: `plug-in ${scope.current} ${what}`, exitCode: isSetUp ? 1 : 2 };
  });
  process.on('uncaughtException', uncaught);
  try {
    await using added = await plugins.setUp({
      ...{ side, isSpawned, scope, signal },
      contracts: await builtinContracts(),
      builtins: side === 'client' ? [] : (await import('../../shell/builtins.ts')).builtins.map(({ name }) => name),
      onFault: ({ source, error }) => faults.report(source, error),
    });
    isSetUp = true;
    return await run(added);
  } catch (error) {
    // Ended by Ctrl-C or a signal while a plug-in was loaded or set up.
    if (!isSetUp && signal.aborted) return signal.reason;
    throw error;
  } finally {
    process.off('uncaughtException', uncaught);
  }
}

/** The default behaviour of Node, without a listener. */
function endAsUncaught(error: unknown, host: Host): void {
  host.jobControl.restore();
  writeSync(2, `Uncaught ${inspect(error)}\n\nNode.js ${process.version}\n`);
  endProcess(1);
}
