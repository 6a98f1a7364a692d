import type { Logger } from 'pino';
import { SignalboxError } from '../../../schemas/errors.ts';
import type { ExitCode } from '../../exit-code.ts';
import type { Host } from '../../host/host.ts';
import { printable } from '../../host/printable.ts';
import type { LogOptions } from '../../observe/log/log.ts';
import type { MetricsAddress } from '../../observe/metrics/address.ts';
import type { Subcommand, SubcommandContext } from '../../plugin/subcommand.ts';
import type { Tracer } from '../../plugin/tracer.ts';
import { createWarn } from '../warn.ts';
import { subcommandOptions } from './own.ts';

/** The options of a subcommand of a plug-in: common ones and its own. */
export interface SubcommandValues extends LogOptions {
  readonly health?: string;
  readonly metrics?: MetricsAddress;
  readonly traces?: string;
  readonly [own: string]: unknown;
}

interface Around {
  readonly host: Host;
  readonly logger: Logger | undefined;
}

/**
 * Runs a subcommand of a plug-in until it is done or has to end.
 * @param group the word before its name.
 */
export async function runSubcommand(
  subcommand: Subcommand,
  group: string,
  { values, ...around }: Around & { readonly values: SubcommandValues },
): Promise<ExitCode> {
  checkRequired(subcommand, values);
  await using cleanup = new AsyncDisposableStack();
  const tracer = await openTracer(`${group}-${subcommand.name}`, { values, around, cleanup });
  const context = contextOf(values, { ...around, tracer });
  await around.host.endBound.during('its own work', subcommand.run(values, context));
  return 0;
}

/** Loads nothing without `--traces`. */
async function openTracer(
  program: string,
  { values, around, cleanup }: { values: SubcommandValues; around: Around; cleanup: AsyncDisposableStack },
): Promise<Tracer | undefined> {
  if (values.traces === undefined) return undefined;
  const [{ openTraces }, { createTracer }] = await Promise.all([
    import('../../observe/traces/open-traces.ts'),
    import('../../observe/traces/tracer.ts'),
  ]);
  return createTracer(cleanup.use(openTraces(values.traces, program, { options: values, ...around })).tracer);
}

/** Commander cannot check this, because it ignores values of the configuration. */
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
  { host, logger, tracer }: Around & { readonly tracer: Tracer | undefined },
): SubcommandContext {
  const { health, metrics, log } = values;
  const say = (line: string) => void host.stdout.write(`${printable(line)}\n`).catch(() => {});
  return {
    signal: host.ending.signal,
    say,
    warn: createWarn({ ...(log !== undefined && { log }) }, host, logger),
    log: logger,
    tracer,
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
