import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type Event as EventMessage,
  EventSchema,
  type SettlementSchema,
} from '../../schemas/api/signalbox/v1/events_pb.js';
import type { Event } from '../plugin/observer.ts';
import { given } from './given.ts';
import { bytesMessage, errorMessage, recordMessage, refMessage } from './job-messages.ts';
import { jsonObjectOf, valueMessageOf } from './values.ts';

type Body = Exclude<NonNullable<MessageInitShape<typeof EventSchema>['event']>, { case: undefined }>;

export function eventMessage(event: Event): EventMessage {
  const { atMs, actor } = event;
  const seq = 'seq' in event ? BigInt(event.seq) : 0n;
  return create(EventSchema, { seq, atMs, ...given({ actor }), event: bodyOf(event) });
}

function bodyOf(event: Event): Body {
  switch (event.type) {
    case 'job.submitted': {
      const { args, traceparent, key } = event;
      const value = { job: refMessage(event), args: jsonObjectOf(args), ...given({ traceparent, key }) };
      return { case: 'jobSubmitted', value };
    }
    case 'job.placed':
      return { case: 'jobPlaced', value: { job: refMessage(event) } };
    case 'job.accepted':
      return { case: 'jobAccepted', value: { job: refMessage(event) } };
    case 'job.unreachable':
      return { case: 'jobUnreachable', value: { job: refMessage(event), reason: event.reason } };
    case 'job.reachable':
      return { case: 'jobReachable', value: { job: refMessage(event) } };
    case 'job.progress': {
      const { fraction, note } = event;
      return { case: 'jobProgress', value: { job: refMessage(event), fraction, ...given({ note }) } };
    }
    case 'job.output': {
      const { stream, offset, data, lostBytes = 0, takenBytes = 0 } = event;
      const counts = { offset: BigInt(offset), lostBytes: BigInt(lostBytes), takenBytes: BigInt(takenBytes) };
      return { case: 'jobOutput', value: { job: refMessage(event), stream, data, ...counts } };
    }
    case 'job.records': {
      const { records, lost = 0 } = event;
      return {
        case: 'jobRecords',
        value: { job: refMessage(event), records: records.map(recordMessage), lost: BigInt(lost) },
      };
    }
    case 'job.settled': {
      const { roundTripMs, lagMs } = event;
      const value = { job: refMessage(event), settlement: settlementOf(event), ...given({ roundTripMs, lagMs }) };
      return { case: 'jobSettled', value };
    }
    case 'job.late':
      return { case: 'jobLate', value: { job: refMessage(event), settlement: settlementOf(event) } };
    case 'client.state': {
      const { client, state, reason, elsewhere } = event;
      return { case: 'clientState', value: { client, state, ...given({ reason, elsewhere }) } };
    }
    case 'client.joined': {
      const { client, credential, bootId, host, pid } = event;
      return { case: 'clientJoined', value: { client, bootId, host, pid, ...given({ credential }) } };
    }
    case 'client.left':
      return { case: 'clientLeft', value: { client: event.client, reason: event.reason } };
    case 'client.expected':
      return { case: 'clientExpected', value: { client: event.client } };
    case 'client.forgotten':
      return { case: 'clientForgotten', value: { client: event.client } };
    case 'client.handshake': {
      const { address, credential, allowed } = event;
      return { case: 'clientHandshake', value: { address, allowed, ...given({ credential }) } };
    }
    case 'client.refused': {
      const { client, address, error, times } = event;
      return { case: 'clientRefused', value: { error: errorMessage(error), ...given({ client, address, times }) } };
    }
    case 'client.violation': {
      const { client, code, reason } = event;
      return { case: 'clientViolation', value: { code, reason, ...given({ client }) } };
    }
    case 'allow-list':
      return { case: 'allowList', value: event.error ? { error: errorMessage(event.error) } : {} };
    case 'store': {
      const { operation, error } = event;
      return { case: 'store', value: { operation, ...(error && { error: errorMessage(error) }) } };
    }
    case 'workflow.started':
      return { case: 'workflowStarted', value: { ...runOf(event), ...given({ task: event.task }) } };
    case 'workflow.task': {
      const { task, state, number, error } = event;
      return { case: 'workflowTask', value: { ...runOf(event), task, state, ...given({ number, error }) } };
    }
    case 'workflow.asked':
      return { case: 'workflowAsked', value: { ...runOf(event), task: event.task, question: event.question } };
    case 'workflow.answered':
      return { case: 'workflowAnswered', value: { ...runOf(event), task: event.task, answer: event.answer } };
    case 'workflow.ended':
      return { case: 'workflowEnded', value: endedOf(event) };
    case 'schedule.loaded': {
      const { when, nextMs, isChanged = false } = event;
      return { case: 'scheduleLoaded', value: { ...scheduleOf(event), when, nextMs: [...nextMs], isChanged } };
    }
    case 'schedule.removed':
      return { case: 'scheduleRemoved', value: scheduleOf(event) };
    case 'schedule.paused':
      return { case: 'schedulePaused', value: scheduleOf(event) };
    case 'schedule.resumed':
      return { case: 'scheduleResumed', value: scheduleOf(event) };
    case 'schedule.started': {
      const { run, isBackfill = false } = event;
      return { case: 'scheduleStarted', value: { ...plannedOf(event), run, isBackfill } };
    }
    case 'schedule.waiting':
      return { case: 'scheduleWaiting', value: { ...plannedOf(event), isReplacing: event.isReplacing ?? false } };
    case 'schedule.skipped': {
      const { reason, count, lastMs, isMore = false, isBackfill = false } = event;
      const value = { ...plannedOf(event), reason, isMore, isBackfill, ...given({ count, lastMs }) };
      return { case: 'scheduleSkipped', value };
    }
    case 'schedule.backfill': {
      const { fromMs, toMs, count } = event;
      return { case: 'scheduleBackfill', value: { ...scheduleOf(event), fromMs, toMs, count } };
    }
    case 'operator.added': {
      const { operator, role, signsInWith, expiresMs } = event;
      return { case: 'operatorAdded', value: { operator, role, signsInWith, ...given({ expiresMs }) } };
    }
    case 'operator.removed':
      return { case: 'operatorRemoved', value: { operator: event.operator } };
    case 'operator.rotated':
      return { case: 'operatorRotated', value: { operator: event.operator, signsInWith: event.signsInWith } };
    case 'operator.expired':
      return { case: 'operatorExpired', value: { operator: event.operator } };
    case 'notify.silenced': {
      const { filter, untilMs } = event;
      return { case: 'notifySilenced', value: { filter: jsonObjectOf(filter), untilMs } };
    }
    case 'notify.unsilenced':
      return { case: 'notifyUnsilenced', value: { filter: jsonObjectOf(event.filter) } };
    case 'plugin': {
      const { event: name, text, isWarning = false, facts } = event;
      return { case: 'pluginEvent', value: { event: name, text, isWarning, facts: jsonObjectOf(facts) } };
    }
    default:
      return event satisfies never;
  }
}

interface ScheduleRef {
  readonly schedule: string;
  readonly workflow: string;
}

const scheduleOf = ({ schedule, workflow }: ScheduleRef) => ({ schedule, workflow });

const plannedOf = (event: ScheduleRef & { readonly plannedMs: number; readonly client?: string }) => ({
  ...{ ...scheduleOf(event), plannedMs: event.plannedMs },
  ...given({ client: event.client }),
});

const runOf = ({ run, workflow }: { readonly run: number; readonly workflow: string }) => ({ run, workflow });

function endedOf(event: Extract<Event, { type: 'workflow.ended' }>) {
  const { outcome, failed = [], moreFailed = 0 } = event;
  return {
    ...{ ...runOf(event), outcome, moreFailed },
    failed: failed.map(({ task, state, error }) => ({ task, state, ...given({ error }) })),
  };
}

type Settled = Extract<Event, { type: 'job.settled' | 'job.late' }>;

function settlementOf(event: Settled): MessageInitShape<typeof SettlementSchema> {
  const { outcome, result, text, error, durationMs, lostOutput, outputError } = event;
  return {
    outcome,
    ...given({ text, durationMs, outputError }),
    ...(result !== undefined && { result: valueMessageOf(result) }),
    ...(error && { error: errorMessage(error) }),
    ...(lostOutput && { lostOutput: bytesMessage(lostOutput) }),
  };
}
