import type { RunDetails, RunView, TaskView } from '../plugin/workflow-calls.ts';
import type { LiveRun } from './live-run.ts';
import type { TaskState } from './plan.ts';
import type { Head } from './run-record.ts';

export function viewOf(head: Head, problem?: string): RunView {
  const { run, workflow, actor, params, startedAtMs, end, gone = {} } = head;
  const [stopped] = Object.values(gone);
  const why = problem ?? stopped?.reason;
  return {
    ...{ run, workflow, actor, params, startedAtMs },
    state: end?.outcome ?? 'running',
    ...(end && { endedAtMs: end.atMs }),
    ...(why !== undefined && !end && { problem: why }),
  };
}

export function detailsOf(live: LiveRun): RunDetails {
  const { head, problem } = live;
  const { states } = live.plan();
  const { instances } = live.workflow;
  const tasks = instances.map(({ key, needs, definition: { approve } }): TaskView => {
    const { attempts, approval, made, actor, stopReason } = live.records.roundOf(key);
    const last = attempts.at(-1);
    const state: TaskState = states.get(key) ?? { state: 'waiting' };
    const stopped = state.state === 'cancelled' ? stopReason : undefined;
    const error = last?.unsent?.error ?? last?.ended?.error ?? stopped;
    const hasFailed = state.state !== 'completed' && error !== undefined;
    return {
      ...{ task: key, state: state.state, needs: [...needs], attempts: made + attempts.length },
      ...(last?.sent && { number: last.sent.number, clients: last.sent.clients }),
      ...(state.state === 'delayed' && { untilMs: state.untilMs }),
      ...(actor !== head.actor && { actor }),
      ...(approve !== undefined && { question: approve }),
      ...(approval && { approval: { answer: approval.answer, actor: approval.actor, atMs: approval.atMs } }),
      ...(hasFailed && { error }),
      ...(live.hasPassed(key) && { isPassed: true as const }),
    };
  });
  return { ...viewOf(head, problem), tasks };
}
