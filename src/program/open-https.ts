import type { Logger } from 'pino';
import type { HttpsAddress } from '../api/https/serve-https.ts';
import type { Hangups } from '../host/hangups.ts';
import { type Server, SignalboxError } from '../index.ts';
import type { Source } from '../observe/metrics/endpoint.ts';
import type { Operators } from '../operators/operators.ts';
import type { ServerCommandOptions } from './server-options.ts';

interface Opening {
  readonly at: HttpsAddress;
  readonly options: Pick<ServerCommandOptions, 'tlsCert' | 'tlsKey' | 'tlsClientCa' | 'tlsMin'>;
  /** Undefined without a durable store. */
  readonly operators: Operators | undefined;
  readonly hangups: Hangups;
  readonly logger: Logger | undefined;
  readonly addMetrics: ((source: Source) => void) | undefined;
  readonly warn: (line: string) => void;
}

/**
 * Opens the API for operators on other machines. HUP reloads its certificates.
 * @throws SignalboxError `bad_usage`, `cannot_bind`
 */
export async function openHttps(server: Server, opening: Opening): Promise<AsyncDisposable> {
  const { at, options, operators, hangups, logger, addMetrics, warn } = opening;
  const { tlsCert: cert = '', tlsKey: key = '', tlsClientCa: clientCa, tlsMin: min = '1.3' } = options;
  if (!operators) {
    throw new SignalboxError('bad_usage', '--api needs a durable store for its operators: give --store sqlite');
  }
  await using stack = new AsyncDisposableStack();
  const [{ serveHttps }, { DoorLog }] = await Promise.all([
    import('../api/https/serve-https.ts'),
    import('../observe/log/door-log.ts'),
  ]);
  const log = logger && stack.use(new DoorLog(logger));
  const metrics = addMetrics && new (await import('../observe/metrics/door-metrics.ts')).DoorMetrics();
  if (metrics) addMetrics?.(metrics);
  const api = stack.use(
    await serveHttps(server, {
      at,
      tls: { cert, key, clientCa, min },
      credentials: operators,
      tell(news) {
        log?.tell(news);
        metrics?.tell(news);
      },
    }),
  );
  const reload = () => {
    try {
      api.reload();
      logger?.info({ cert }, 'certificates reloaded');
    } catch (error) {
      warn(`the API keeps its old certificates: ${SignalboxError.from(error, 'internal').message}`);
    }
  };
  stack.use(hangups.listen(reload));
  logger?.info({ url: api.url }, 'answering operators');
  return stack.move();
}
