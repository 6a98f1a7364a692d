import type { Logger } from 'pino';
import { SignalboxError } from '../../schemas/errors.ts';
import type { Host } from '../host/host.ts';
import type { JobStore, MetricsSource, Server } from '../index.ts';
import type { Notifying } from '../notify/notifier-options.ts';
import type { Notify } from '../notify/notify.ts';
import { createRules } from '../notify/rule.ts';
import type { ChannelKind } from '../plugin/channel-kind.ts';
import { createGroups } from '../target-groups.ts';
import { channelsOf } from './channels-of.ts';
import type { NotifySections } from './config/notify-of.ts';
import type { ServerCommandOptions } from './server-options.ts';

interface Starting {
  readonly server: Server;
  readonly store: JobStore | undefined;
  readonly host: Host;
  readonly logger: Logger | undefined;
  readonly warn: (line: string) => void;
  readonly kinds: ReadonlyMap<string, ChannelKind> | undefined;
  readonly addMetrics: ((source: MetricsSource) => void) | undefined;
}

/**
 * Starts the notifications of the configuration. HUP reloads it.
 * @throws SignalboxError `bad_usage` for a channel that cannot be opened, and without a durable store.
 */
export async function startNotify(
  notify: Notify,
  { notify: configured, group = {}, lostAfter }: Pick<ServerCommandOptions, 'notify' | 'group' | 'lostAfter'>,
  { server, store, host, logger, kinds, warn, addMetrics }: Starting,
): Promise<Disposable> {
  const groups = createGroups(group);
  const notifyingOf = async (sections: NotifySections): Promise<Notifying> => ({
    rules: createRules(sections.rules, groups),
    channels: await channelsOf(sections, { host, logger, kinds }),
  });
  const isUsed = ({ rules, channels }: NotifySections) => rules.length > 0 || Object.keys(channels).length > 0;
  const start = async (sections: NotifySections) => {
    const notifying = await notifyingOf(sections);
    if (!store?.isDurable) throw new SignalboxError('bad_usage', refused);
    const metrics = addMetrics && (await import('../notify/metrics.ts')).createNotifyMetrics(notify);
    if (metrics) addMetrics?.(metrics.source);
    const onAttempt = metrics && { onAttempt: metrics.onAttempt };
    notify.start({ server, log: store, groups, lostAfterMs: lostAfter, warn, ...onAttempt }, notifying);
  };
  const readAgain = async (again: () => NotifySections) => {
    if (notify.running) return await notify.replace(async () => notifyingOf(again()), warn);
    try {
      const sections = again();
      if (isUsed(sections)) await start(sections);
    } catch (error) {
      warn(`notifications were not started: ${SignalboxError.from(error, 'internal').message}`);
    }
  };
  if (configured && isUsed(configured.sections)) await start(configured.sections);
  else if (store?.isDurable) await forgetPlace(server);
  if (!configured) return { [Symbol.dispose]() {} };
  let reading = Promise.resolve();
  return host.hangups.listen(() => {
    reading = reading.then(() => readAgain(configured.again));
  });
}

const refused = 'notify needs a durable store, such as --store sqlite: it keeps undelivered messages';

/** Events that happen while there are no rules must not be notified later. */
async function forgetPlace(server: Server): Promise<void> {
  const cursor = server.collection('notify/cursor');
  const entry = await cursor.get('log');
  if (entry) await cursor.compareAndDelete('log', entry.version);
}
