import type { ErrorCode, Outcome } from '../../../schemas/index.ts';
import type { Control } from '../../plugin/interceptor.ts';
import type { Event } from '../../plugin/observer.ts';

/**
 * A record of the audit: admissions, refusals, commands sent and their outcomes. It has names and codes, no output and
 * no results. `ts`: epoch ms.
 */
export type AuditRecord = { readonly ts: number } & (
  | { readonly event: 'handshake'; readonly address: string; readonly credential?: string; readonly allowed: boolean }
  | {
      readonly event: 'joined';
      readonly client: string;
      readonly credential?: string;
      readonly bootId: string;
      readonly host: string;
      readonly pid: number;
    }
  | { readonly event: 'refused'; readonly client: string; readonly code: ErrorCode }
  | { readonly event: 'forgotten'; readonly client: string; readonly actor?: string }
  | { readonly event: 'left'; readonly client: string; readonly reason: string }
  | { readonly event: 'violation'; readonly client?: string; readonly code: ErrorCode; readonly reason: string }
  | {
      readonly event: 'sent';
      readonly id: string;
      readonly number: number;
      /** Null for a place of `pick` that waits for a client: a `placed` record follows. */
      readonly client: string | null;
      readonly place?: number;
      readonly command: string;
      readonly args: Readonly<Record<string, unknown>>;
      readonly actor?: string;
    }
  /** The place has a client. */
  | {
      readonly event: 'placed';
      readonly id: string;
      readonly number: number;
      readonly client: string | null;
      readonly place?: number;
      readonly command: string;
    }
  | {
      readonly event: 'outcome';
      readonly id: string;
      readonly number: number;
      readonly client: string | null;
      readonly place?: number;
      readonly command: string;
      /** True for a job that was started for another server: it has no `sent` record here. */
      readonly adopted?: true;
      readonly outcome: Outcome;
      readonly code?: ErrorCode;
    }
  /** Somebody cancelled a job or sent it a signal. */
  | {
      readonly event: 'cancel' | 'signal';
      readonly id: string;
      readonly number: number;
      readonly client: string | null;
      readonly place?: number;
      readonly command: string;
      readonly signal?: string;
      readonly unsent?: true;
      readonly actor: string;
    }
  | {
      readonly event: 'run-started' | 'run-ended' | 'run-answered';
      readonly run: number;
      readonly workflow: string;
      readonly actor?: string;
      readonly outcome?: Outcome;
      readonly task?: string;
      readonly answer?: 'approved' | 'refused';
    }
  | {
      readonly event: 'schedule-paused' | 'schedule-resumed' | 'schedule-backfill';
      readonly schedule: string;
      readonly actor?: string;
      readonly fromMs?: number;
      readonly toMs?: number;
      readonly count?: number;
    }
  | {
      readonly event: 'operator-added' | 'operator-removed' | 'operator-rotated' | 'operator-expired';
      readonly operator: string;
      readonly role?: string;
      readonly signsInWith?: 'token' | 'certificate';
      readonly expiresMs?: number;
      readonly actor?: string;
    }
  | {
      readonly event: 'notify-silenced' | 'notify-unsilenced';
      readonly filter: Readonly<Record<string, unknown>>;
      readonly untilMs?: number;
      readonly actor?: string;
    }
);

/**
 * The audit record of an event, with its fields in the order of the file. Undefined for events that are not audited.
 */
export function recordOf(event: Event): AuditRecord | undefined {
  const { atMs: ts } = event;
  switch (event.type) {
    case 'client.handshake': {
      const { address, credential, allowed } = event;
      return { event: 'handshake', ts, address, ...(credential !== undefined && { credential }), allowed };
    }
    case 'client.joined': {
      const { client, credential, bootId, host, pid } = event;
      return { event: 'joined', ts, client, ...(credential !== undefined && { credential }), bootId, host, pid };
    }
    case 'client.refused': {
      const { client, error } = event;
      // Without a name it was refused at the handshake, which has its own record.
      return client === undefined ? undefined : { event: 'refused', ts, client, code: error.code };
    }
    case 'client.left':
      return { event: 'left', ts, client: event.client, reason: event.reason };
    case 'client.forgotten': {
      const { client, actor } = event;
      return { event: 'forgotten', ts, client, ...(actor !== undefined && { actor }) };
    }
    case 'client.violation': {
      const { client, code, reason } = event;
      return { event: 'violation', ts, ...(client !== undefined && { client }), code, reason };
    }
    case 'job.submitted': {
      const { id, number, client, place, command, args, actor } = event;
      const who = { client, ...(place !== undefined && { place }) };
      return { event: 'sent', ts, id, number, ...who, command, args, ...(actor !== undefined && { actor }) };
    }
    case 'job.placed': {
      const { id, number, client, place, command } = event;
      return { event: 'placed', ts, id, number, client, ...(place !== undefined && { place }), command };
    }
    case 'job.settled':
    case 'job.late': {
      const { id, number, client, place, command, adopted, outcome, error } = event;
      const who = { client, ...(place !== undefined && { place }) };
      const about = { id, number, ...who, command, ...(adopted && { adopted }) };
      return { event: 'outcome', ts, ...about, outcome, ...(error && { code: error.code }) };
    }
    case 'workflow.started':
      return { event: 'run-started', ts, ...runOf(event), ...(event.task !== undefined && { task: event.task }) };
    case 'workflow.answered':
      return { event: 'run-answered', ts, ...runOf(event), task: event.task, answer: event.answer };
    case 'workflow.ended':
      return { event: 'run-ended', ts, ...runOf(event), outcome: event.outcome };
    case 'schedule.paused':
      return { event: 'schedule-paused', ts, ...scheduleOf(event) };
    case 'schedule.resumed':
      return { event: 'schedule-resumed', ts, ...scheduleOf(event) };
    case 'schedule.backfill': {
      const { fromMs, toMs, count } = event;
      return { event: 'schedule-backfill', ts, ...scheduleOf(event), fromMs, toMs, count };
    }
    case 'operator.added': {
      const { operator, role, signsInWith, expiresMs, actor } = event;
      const when = { ...(expiresMs !== undefined && { expiresMs }), ...(actor !== undefined && { actor }) };
      return { event: 'operator-added', ts, operator, role, signsInWith, ...when };
    }
    case 'operator.removed':
    case 'operator.expired': {
      const { type, operator, actor } = event;
      const kind = type === 'operator.removed' ? 'operator-removed' : 'operator-expired';
      return { event: kind, ts, operator, ...(actor !== undefined && { actor }) };
    }
    case 'operator.rotated': {
      const { operator, signsInWith, actor } = event;
      return { event: 'operator-rotated', ts, operator, signsInWith, ...(actor !== undefined && { actor }) };
    }
    case 'notify.silenced': {
      const { filter, untilMs, actor } = event;
      return { event: 'notify-silenced', ts, filter, untilMs, ...(actor !== undefined && { actor }) };
    }
    case 'notify.unsilenced': {
      const { filter, actor } = event;
      return { event: 'notify-unsilenced', ts, filter, ...(actor !== undefined && { actor }) };
    }
    default:
      return undefined;
  }
}

/** A record for each job. */
export function recordsOf(call: Control, ts: number): AuditRecord[] {
  const how = call.method === 'signal' ? { signal: call.signal } : call.options.unsent && { unsent: true as const };
  return call.jobs.map(({ id, number, client, place, command }) => {
    const who = { client, ...(place !== undefined && { place }) };
    return { event: call.method, ts, id, number, ...who, command, ...how, actor: call.actor };
  });
}

function runOf({ run, workflow, actor }: Extract<Event, { readonly type: `workflow.${string}` }>) {
  return { run, workflow, ...(actor !== undefined && { actor }) };
}

function scheduleOf({ schedule, actor }: Extract<Event, { readonly type: `schedule.${string}` }>) {
  return { schedule, ...(actor !== undefined && { actor }) };
}
