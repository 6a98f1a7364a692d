import type { Event } from '../../plugin/observer.ts';
import type { OutputEvent } from './output.ts';

type Facts = { readonly type: string } & Record<string, unknown>;

/**
 * The JSON line of an event without its `ts`, as in `docs/scripting.md`. Undefined for an event without a line.
 * @param isLog whether every event has a line, with its number and actor.
 */
export function jsonFacts(event: Exclude<Event, OutputEvent>, isLog: boolean): Facts | undefined {
  const facts = factsOf(event) ?? (isLog ? { ...plain(event), type: event.type.replace(/^job\./, '') } : undefined);
  if (!facts || !isLog) return facts;
  const { seq, actor } = { seq: undefined, actor: undefined, ...event };
  return { ...facts, ...(seq !== undefined && { seq }), ...(actor !== undefined && { actor }) };
}

function factsOf(event: Exclude<Event, OutputEvent>): Facts | undefined {
  switch (event.type) {
    case 'job.placed':
      return { ...plain(event), type: 'placed' };
    case 'job.accepted':
      return { ...plain(event), type: 'accepted' };
    case 'job.unreachable':
      return { ...plain(event), type: 'unreachable' };
    case 'job.reachable':
      return { ...plain(event), type: 'reachable' };
    case 'job.progress':
      return { ...plain(event), type: 'progress' };
    case 'job.settled': {
      const { id, number, client, place, command, adopted, outcome, error } = event;
      if (outcome !== 'rejected') return { ...plain(event), type: 'result' };
      const who = { client, ...(place !== undefined && { place }) };
      return { type: 'rejected', id, number, ...who, command, ...(adopted && { adopted }), error };
    }
    case 'job.late':
      return { ...plain(event), type: 'late' };
    case 'client.state':
      return { ...plain(event), type: 'client' };
    case 'client.refused':
      return { ...plain(event), type: 'client', state: 'refused' };
    case 'client.expected':
      return { ...plain(event), type: 'client', state: 'expected' };
    case 'client.forgotten':
      return { ...plain(event), type: 'client', state: 'forgotten' };
    case 'allow-list':
      return { ...plain(event), type: 'allow-list' };
    case 'workflow.started':
    case 'workflow.task':
    case 'workflow.asked':
    case 'workflow.answered':
    case 'workflow.ended':
    case 'schedule.loaded':
    case 'schedule.removed':
    case 'schedule.paused':
    case 'schedule.resumed':
    case 'schedule.started':
    case 'schedule.waiting':
    case 'schedule.skipped':
    case 'schedule.backfill':
      return { ...plain(event), type: event.type };
    case 'plugin':
      return { ...event.facts, type: event.event };
    case 'store':
      return { ...plain(event), type: 'store' };
    default:
      return undefined;
  }
}

/** Omits the fields that no line has: time (the line has `ts`), actor, number, text for people, and labels. */
function plain(event: Event): object {
  const {
    atMs: _at,
    actor: _actor,
    seq: _seq,
    text: _text,
    vouched: _labels,
    ...facts
  } = {
    ...{ seq: 0, text: '', vouched: {} },
    ...event,
  };
  return facts;
}
