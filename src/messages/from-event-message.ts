import type {
  Event as EventMessage,
  Settlement as SettlementMessage,
} from '../../schemas/api/signalbox/v1/events_pb.js';
import type { ErrorCode, Outcome, Stream } from '../../schemas/index.ts';
import type { Event, SeenState, Unstamped } from '../jobs/events.ts';
import type { Settlement } from '../jobs/settlement.ts';
import { offsetsOf, refOf, wireErrorOf } from './from-job-messages.ts';
import { given } from './given.ts';
import { fieldsOf, plainOfMessage } from './values.ts';

/** Converts an event of the API. Undefined if its type is unknown, as for an event of a newer server. */
export function eventOf({ seq, atMs, actor, event }: EventMessage): Event | undefined {
  const unstamped = unstampedOf(event);
  if (!unstamped) return undefined;
  return { ...unstamped, ...(seq > 0n && { seq: Number(seq) }), atMs, ...given({ actor }) } as Event;
}

function unstampedOf(event: EventMessage['event']): Unstamped | undefined {
  const { case: type, value } = event;
  switch (type) {
    case 'jobSubmitted': {
      const { job, args = {}, traceparent, key } = value;
      return { type: 'job.submitted', ...refOf(job), args: fieldsOf(args), ...given({ traceparent, key }) };
    }
    case 'jobPlaced':
      return { type: 'job.placed', ...refOf(value.job) };
    case 'jobAccepted':
      return { type: 'job.accepted', ...refOf(value.job) };
    case 'jobUnreachable':
      return { type: 'job.unreachable', ...refOf(value.job), reason: value.reason };
    case 'jobReachable':
      return { type: 'job.reachable', ...refOf(value.job) };
    case 'jobProgress':
      return { type: 'job.progress', ...refOf(value.job), fraction: value.fraction, ...given({ note: value.note }) };
    case 'jobOutput': {
      const { job, stream, offset, data, lostBytes, takenBytes } = value;
      const missing = {
        ...(lostBytes > 0n && { lostBytes: Number(lostBytes) }),
        ...(takenBytes > 0n && { takenBytes: Number(takenBytes) }),
      };
      return { type: 'job.output', ...refOf(job), stream: stream as Stream, offset: Number(offset), data, ...missing };
    }
    case 'jobRecords': {
      const records = value.records.map((record) => ({
        offset: Number(record.offset),
        value: record.value && plainOfMessage(record.value),
      }));
      return {
        type: 'job.records',
        ...refOf(value.job),
        records,
        ...(value.lost > 0n && { lost: Number(value.lost) }),
      };
    }
    case 'jobSettled': {
      const { job, settlement, roundTripMs, lagMs } = value;
      return { type: 'job.settled', ...refOf(job), ...settlementOf(settlement), ...given({ roundTripMs, lagMs }) };
    }
    case 'jobLate':
      return { type: 'job.late', ...refOf(value.job), ...settlementOf(value.settlement) };
    case 'clientState': {
      const { client, state, reason, elsewhere } = value;
      return {
        type: 'client.state',
        client,
        state: state as SeenState,
        ...given({ reason }),
        ...(elsewhere > 0 && { elsewhere }),
      };
    }
    case 'clientJoined': {
      const { client, credential, bootId, host, pid } = value;
      return { type: 'client.joined', client, bootId, host, pid, ...given({ credential }) };
    }
    case 'clientLeft':
      return { type: 'client.left', client: value.client, reason: value.reason };
    case 'clientExpected':
      return { type: 'client.expected', client: value.client };
    case 'clientForgotten':
      return { type: 'client.forgotten', client: value.client };
    case 'clientHandshake': {
      const { address, credential, allowed } = value;
      return { type: 'client.handshake', address, allowed, ...given({ credential }) };
    }
    case 'clientRefused': {
      const { client, address, error, times } = value;
      return { type: 'client.refused', error: wireErrorOf(error ?? unknown), ...given({ client, address, times }) };
    }
    case 'clientViolation': {
      const { client, code, reason } = value;
      return { type: 'client.violation', code: code as ErrorCode, reason, ...given({ client }) };
    }
    case 'allowList':
      return { type: 'allow-list', ...(value.error && { error: wireErrorOf(value.error) }) };
    case 'store': {
      const { operation, error } = value;
      return { type: 'store', operation: operation as 'commit', ...(error && { error: wireErrorOf(error) }) };
    }
    case 'workflowStarted':
      return { type: 'workflow.started', ...runOf(value), ...given({ task: value.task }) };
    case 'workflowTask': {
      const { task, state, number, error } = value;
      return { type: 'workflow.task', ...runOf(value), task, state: state as 'running', ...given({ number, error }) };
    }
    case 'workflowAsked':
      return { type: 'workflow.asked', ...runOf(value), task: value.task, question: value.question };
    case 'workflowAnswered':
      return { type: 'workflow.answered', ...runOf(value), task: value.task, answer: value.answer as 'approved' };
    case 'workflowEnded': {
      const { outcome, moreFailed } = value;
      const failed = value.failed.map(({ task, state, error }) => ({ task, state, ...given({ error }) }));
      const others = { ...(failed.length > 0 && { failed }), ...(moreFailed > 0 && { moreFailed }) };
      return { type: 'workflow.ended', ...runOf(value), outcome: outcome as 'completed', ...others };
    }
    case 'scheduleLoaded': {
      const { when, nextMs, isChanged } = value;
      return { type: 'schedule.loaded', ...scheduleOf(value), when, nextMs, ...(isChanged && { isChanged }) };
    }
    case 'scheduleRemoved':
      return { type: 'schedule.removed', ...scheduleOf(value) };
    case 'schedulePaused':
      return { type: 'schedule.paused', ...scheduleOf(value) };
    case 'scheduleResumed':
      return { type: 'schedule.resumed', ...scheduleOf(value) };
    case 'scheduleStarted': {
      const { run, isBackfill } = value;
      return { type: 'schedule.started', ...plannedOf(value), run, ...(isBackfill && { isBackfill }) };
    }
    case 'scheduleWaiting':
      return { type: 'schedule.waiting', ...plannedOf(value), ...(value.isReplacing && { isReplacing: true }) };
    case 'scheduleSkipped': {
      const { reason, count, lastMs, isMore, isBackfill } = value;
      const flags = { ...(isMore && { isMore }), ...(isBackfill && { isBackfill }) };
      return { type: 'schedule.skipped', ...plannedOf(value), reason, ...given({ count, lastMs }), ...flags };
    }
    case 'scheduleBackfill': {
      const { fromMs, toMs, count } = value;
      return { type: 'schedule.backfill', ...scheduleOf(value), fromMs, toMs, count };
    }
    case 'operatorAdded': {
      const { operator, role, signsInWith, expiresMs } = value;
      const how = { signsInWith: signsInWith as 'token', ...given({ expiresMs }) };
      return { type: 'operator.added', operator, role, ...how };
    }
    case 'operatorRemoved':
      return { type: 'operator.removed', operator: value.operator };
    case 'operatorRotated':
      return { type: 'operator.rotated', operator: value.operator, signsInWith: value.signsInWith as 'token' };
    case 'operatorExpired':
      return { type: 'operator.expired', operator: value.operator };
    case 'notifySilenced':
      return { type: 'notify.silenced', filter: fieldsOf(value.filter ?? {}), untilMs: value.untilMs };
    case 'notifyUnsilenced':
      return { type: 'notify.unsilenced', filter: fieldsOf(value.filter ?? {}) };
    case 'pluginEvent': {
      const { event, text, isWarning, facts = {} } = value;
      return { type: 'plugin', event, text, ...(isWarning && { isWarning }), facts: fieldsOf(facts) };
    }
    default:
      return undefined;
  }
}

interface ScheduleRef {
  readonly schedule: string;
  readonly workflow: string;
}

const scheduleOf = ({ schedule, workflow }: ScheduleRef) => ({ schedule, workflow });

const plannedOf = (value: ScheduleRef & { readonly plannedMs: number; readonly client?: string | undefined }) => ({
  ...{ ...scheduleOf(value), plannedMs: value.plannedMs },
  ...given({ client: value.client }),
});

const runOf = ({ run, workflow }: { readonly run: number; readonly workflow: string }) => ({ run, workflow });

const unknown = { code: 'internal', message: 'the server gave no reason' };

function settlementOf(settlement: SettlementMessage | undefined): Settlement & { text?: string } {
  const { outcome = 'lost', result, text, error, durationMs, lostOutput, outputError } = settlement ?? {};
  return {
    outcome: outcome as Outcome,
    ...(result && { result: plainOfMessage(result) }),
    ...given({ text, durationMs, outputError }),
    ...(error && { error: wireErrorOf(error) }),
    ...(lostOutput && { lostOutput: offsetsOf(lostOutput) }),
  };
}
