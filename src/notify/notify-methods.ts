import { SignalboxError } from '../../schemas/index.ts';
import { ruleEvents } from '../../schemas/notify.ts';
import { globMatcher } from '../glob.ts';
import {
  type HistoryRow,
  type NotifyList,
  type NotifyMethod,
  type NotifyRequest,
  type NotifyResponse,
  notifyCalls,
} from '../plugin/notify-calls.ts';
import type { MethodContext, ServiceMethod } from '../plugin/service-method.ts';
import type { Notifier } from './notifier.ts';
import { reasonOf } from './reason.ts';
import { oneOf } from './tell-at-once.ts';

const defaultLimit = 50;
/** The longest silence: a year. */
const longestMs = 366 * 86_400_000;

type Handlers = {
  readonly [Method in NotifyMethod]: (
    request: NotifyRequest<Method>,
    context: MethodContext,
  ) => Promise<NotifyResponse<Method>> | NotifyResponse<Method>;
};

/** The methods of notifications by their full names. They are for admins and roles that name them. */
export function notifyMethods(running: () => Notifier | undefined): ReadonlyMap<string, ServiceMethod> {
  const needed = () => {
    const notifier = running();
    if (notifier) return notifier;
    throw new SignalboxError('bad_usage', 'this server has no notifications: its configuration has no section notify');
  };
  const handlers: Handlers = {
    list: () => {
      const notifier = running();
      return notifier ? listOf(notifier) : { channels: [], rules: [], silences: [], seq: 0, missed: 0 };
    },
    test: ({ channel }, { signal }) => test(needed(), channel, signal),
    history: ({ limit = defaultLimit }) => {
      const messages = [...(running()?.outbox.messages.values() ?? [])].reverse().slice(0, limit);
      return messages.map(({ id, event, text, count, createdAtMs: atMs, deliveries }): HistoryRow => {
        return { id, event, text, count, atMs, deliveries };
      });
    },
    silence: async ({ filter, forMs }, { actor }) => {
      if (forMs > longestMs) throw new SignalboxError('bad_arguments', 'a silence lasts at most 366 days');
      const notifier = needed();
      for (const pattern of [filter.on ?? []].flat()) checkEvent(pattern);
      const atMs = notifier.nowMs;
      const silence = { filter, actor, atMs, untilMs: atMs + forMs };
      await notifier.silence(silence);
      return { silence };
    },
  };
  const methods = Object.entries(handlers).map(([name, handle]) => {
    const { request, response } = notifyCalls[name as NotifyMethod];
    return [`notify/${name}`, { name, request, response, handle } as ServiceMethod] as const;
  });
  return new Map(methods);
}

const ownKinds = new Set(ruleEvents.map((event) => event.split('.', 1)[0] ?? ''));

/** @throws SignalboxError `bad_arguments` for a pattern that matches no event. Events of plug-ins are not known here. */
function checkEvent(pattern: string): void {
  const [kind = '', name] = pattern.split('.');
  const isOfPlugin = name !== undefined && !ownKinds.has(kind);
  if (isOfPlugin || ruleEvents.some(globMatcher(pattern))) return;
  throw new SignalboxError('bad_arguments', `no event matches ${pattern}: events are called like job.settled`);
}

function listOf(notifier: Notifier): NotifyList {
  const waiting = (rule: string) =>
    [...notifier.ledger.groups.values()].reduce(
      (sum, group) => sum + (group.rule === rule ? (group.content?.count ?? 0) : 0),
      0,
    );
  return {
    channels: notifier.outbox.states.map(({ closed, ...state }) => ({
      ...state,
      ...(closed !== undefined && { closed }),
    })),
    rules: notifier.rules.map(({ id, number, on, filter, to, after }) => {
      const { command, target, outcome, actor, workflow, check } = filter;
      const shown = Object.entries({ command, target, outcome, actor, workflow, check });
      const given = Object.fromEntries(shown.filter(([, value]) => value !== undefined));
      return { number, on: [...on], filter: given, to: [...to], after, waiting: waiting(id) };
    }),
    silences: notifier.silences.list(notifier.nowMs),
    seq: notifier.position,
    missed: notifier.missed,
  };
}

async function test(notifier: Notifier, name: string, signal: AbortSignal): Promise<NotifyResponse<'test'>> {
  const channel = notifier.outbox.channel(name);
  if (!channel) throw new SignalboxError('bad_arguments', `there is no channel ${name}; see notify list`);
  const message = oneOf({ event: 'notify.test', atMs: notifier.nowMs, text: 'a test of this channel' });
  try {
    await channel.send(message, { signal, nowMs: notifier.nowMs });
    return { channel: name, id: message.id };
  } catch (error) {
    return { channel: name, id: message.id, error: reasonOf(error) };
  }
}
