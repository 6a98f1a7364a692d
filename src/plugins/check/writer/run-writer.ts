import { SignalboxError, type SubcommandContext } from '../../../index.ts';
import { loadPg } from '../../postgres/session.ts';
import { Consumption } from '../kafka/consume.ts';
import { type KafkaAddress, kafkaAddressForm, parseKafkaAddress, shownAddress } from '../kafka/kafka-address.ts';
import { loadKafka } from '../kafka/load-kafka.ts';
import { readCredentials } from './read-credentials.ts';
import { Rounds } from './rounds.ts';
import { ResultStore } from './store/result-store.ts';
import { Writer } from './writer.ts';
import { WriterNews } from './writer-news.ts';

/** The options of `signalbox check writer`. */
export interface WriterValues {
  readonly from: string;
  readonly to: string;
  readonly kafkaCredentials?: string;
  readonly group: string;
  readonly keep: number;
  readonly keepHourly: number;
}

const tidyEveryMs = 3_600_000;
const lagEveryMs = 10_000;

/** `signalbox check writer` */
export async function runWriter(
  { from: fromText, to, kafkaCredentials, group, keep, keepHourly }: WriterValues,
  { signal, log, warn, observe }: SubcommandContext,
): Promise<void> {
  const from = sourceOf(fromText);
  const where = shownAddress(from);
  const credentials = await readCredentials(kafkaCredentials);
  await using cleanup = new AsyncDisposableStack();
  const store = cleanup.use(new ResultStore(withoutPassword(to), { keepMs: keep, keepHourlyMs: keepHourly }));
  // A missing package is an error at once: waiting cannot help.
  await Promise.all([loadPg(), loadKafka('unavailable')]);
  await openOrWarn(store, warn);
  const news = new WriterNews(log);
  cleanup.use(
    await observe({
      health: () => `writer of ${where}, ${news.text}`,
      async metrics() {
        const { createWriterMetrics } = await import('./metrics/writer-metrics.ts');
        const { events, source } = createWriterMetrics({ withProcess: true });
        news.metrics = events;
        return source;
      },
    }),
  );
  log?.info({ from: where, to: store.address.text, group }, 'writing');
  let reading: Consumption | undefined;
  const openSource = async () => {
    reading = await Consumption.open(from, credentials, group);
    return reading;
  };
  cleanup.use(new Rounds(async () => news.dropped(await store.tidy()), tidyEveryMs));
  cleanup.use(new Rounds(async () => void (reading && news.lag(await reading.lag())), lagEveryMs));
  await new Writer({ openSource, store, events: news }).run(signal);
}

function sourceOf(address: string): KafkaAddress {
  const source = parseKafkaAddress(address);
  if (source) return source;
  const form = `--from must be ${kafkaAddressForm}; user and password belong in the file of --kafka-credentials`;
  throw new SignalboxError('bad_usage', form);
}

/** Rejects passwords: every user of the machine can see the arguments of a process. */
function withoutPassword(address: string): string {
  if (!/^postgres(?:ql)?:\/\//.test(address))
    throw new SignalboxError('bad_usage', '--to must be postgres://HOST/DATABASE');
  if (!/^[^:]*:\/\/[^/?#@]*:[^/?#]*@/.test(address)) return address;
  throw new SignalboxError('bad_usage', '--to has a password; use PGPASSFILE or PGPASSWORD instead');
}

/** Opens the store. If the database is unavailable, warns; the store is then opened later. */
async function openOrWarn(store: ResultStore, warn: (line: string) => void): Promise<void> {
  try {
    await store.open();
  } catch (error) {
    if (!(error instanceof SignalboxError) || error.code !== 'unavailable') throw error;
    warn(`${error.message}; trying again`);
  }
}
