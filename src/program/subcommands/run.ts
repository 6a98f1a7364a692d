import type { Logger } from 'pino';
import { SignalboxError } from '../../../schemas/errors.ts';
import type { ExitCode } from '../../exit-code.ts';
import type { Host } from '../../host/host.ts';
import { printable } from '../../host/printable.ts';
import type { LogOptions } from '../../observe/log/log.ts';
import type { MetricsAddress } from '../../observe/metrics/address.ts';
import type { Subcommand, SubcommandContext } from '../../plugin/subcommand.ts';
import { createWarn } from '../warn.ts';
import { subcommandOptions } from './own.ts';

/** The options of a subcommand of a plug-in: those that every program has, and its own. */
export interface SubcommandValues extends LogOptions {
  readonly health?: string;
  readonly metrics?: MetricsAddress;
  readonly [own: string]: unknown;
}

/** Runs a subcommand of a plug-in until it is told to end. */
export async function runSubcommand(
  subcommand: Subcommand,
  values: SubcommandValues,
  { host, logger }: { host: Host; logger: Logger | undefined },
): Promise<ExitCode> {
  checkRequired(subcommand, values);
  await host.endBound.during('its own work', subcommand.run(values, contextOf(values, { host, logger })));
  return 0;
}

/** Not by commander, to which the configuration does not count. */
function checkRequired(subcommand: Subcommand, values: SubcommandValues): void {
  const required = subcommand.options.filter(({ isRequired }) => isRequired).map(({ flags }) => flags);
  for (const option of subcommandOptions(subcommand)) {
    if (!required.includes(option.flags) || values[option.attributeName()] !== undefined) continue;
    const ways = `give ${option.flags}, or set ${option.envVar}`;
    throw new SignalboxError('bad_usage', `${option.long} is missing: ${option.description}; ${ways}`);
  }
}

function contextOf(
  values: SubcommandValues,
  { host, logger }: { host: Host; logger: Logger | undefined },
): SubcommandContext {
  const { health, metrics, log } = values;
  const say = (line: string) => void host.stdout.write(`${printable(line)}\n`).catch(() => {});
  return {
    signal: host.ending.signal,
    say,
    warn: createWarn({ ...(log !== undefined && { log }) }, host, logger),
    log: logger,
    async observe(watched) {
      await using opening = new AsyncDisposableStack();
      if (metrics) {
        const [{ serveMetrics }, source] = await Promise.all([
          import('../../observe/metrics/endpoint.ts'),
          watched.metrics(),
        ]);
        const { url } = opening.use(await serveMetrics(metrics, source));
        logger?.info({ url }, 'serving metrics');
        // A log on standard error has it already.
        if (log !== '-') void host.stderr.write(`metrics: ${url}\n`);
      }
      if (health !== undefined) {
        const { answerHealth } = await import('../health.ts');
        opening.use(await answerHealth(health, () => printable(watched.health())));
      }
      const opened = opening.move();
      return { [Symbol.asyncDispose]: () => opened.disposeAsync() };
    },
  };
}
