import { SignalboxError } from '../../schemas/errors.ts';
import type { MethodNeeds } from '../plugin/guard.ts';
import type { Call } from '../plugin/interceptor.ts';
import type { ScheduleResponse, ScheduleView } from '../plugin/schedule-calls.ts';
import type { ResponseOf, RunDetails, RunView, TaskView } from '../plugin/workflow-calls.ts';
import { mayCall, mayWithWorkflow } from './rights.ts';
import type { Role, WorkflowRight } from './role.ts';
import { plainReason, type StandingFacts, type View } from './view.ts';

type MethodCall = Extract<Call, { readonly method: 'call' }>;

interface Around {
  readonly view: View;
  /**
   * The current view of the operator, for long calls when their response arrives. @throws SignalboxError `not_allowed`
   */
  readonly viewNow: () => View;
  readonly next: (call: Call) => Promise<unknown>;
  /** Undefined if the method does not exist. Only callers that may call every method learn that. */
  readonly needs: MethodNeeds | undefined;
}

/** Rights for methods of workflows that name a run. */
const rightsOfRuns: Readonly<Record<string, WorkflowRight>> = {
  'workflow/show': 'see',
  'workflow/wait': 'see',
  'workflow/cancel': 'run',
  'workflow/retry': 'run',
  'workflow/approve': 'approve',
};
const rightsOfSchedules: Readonly<Record<string, WorkflowRight>> = {
  'schedule/show': 'see',
  'schedule/pause': 'schedule',
  'schedule/resume': 'schedule',
  'schedule/cancel': 'schedule',
  'schedule/run': 'run',
};

/** Calls a method of plug-ins, workflows or the server. */
export async function callMethod(call: MethodCall, around: Around): Promise<unknown> {
  const { name } = call;
  const { role } = around.view;
  if (!around.needs && role.level !== 'admin') throw unknownMethod(name, role);
  // Its response depends on the request alone.
  if (name === 'workflow/check') return await around.next(call);
  if (name === 'workflow/list') return await listRuns(call, around);
  if (name === 'workflow/run') return await startRun(call, around);
  if (name === 'schedule/list') return await listSchedules(call, around);
  const ofRun = Object.hasOwn(rightsOfRuns, name) ? rightsOfRuns[name] : undefined;
  if (ofRun) return await withRun(call, ofRun, around);
  const ofSchedule = Object.hasOwn(rightsOfSchedules, name) ? rightsOfSchedules[name] : undefined;
  if (ofSchedule) return await withSchedule(call, ofSchedule, around);
  if (mayCall(role, name, around.needs ?? 'admin')) {
    const answer = await around.next(call);
    return name === 'standing/list' ? around.viewNow().standing(answer as StandingFacts[]) : answer;
  }
  throw new SignalboxError('not_allowed', `the role ${role.name} may not call ${name}`);
}

/** The error does not name the existing methods. */
function unknownMethod(name: string, role: Role): SignalboxError {
  const couldCall = /^(workflow|schedule)\//.test(name) || mayCall(role, name, 'admin');
  if (couldCall) return new SignalboxError('unknown_command', `there is no method '${name}'`);
  return new SignalboxError('not_allowed', `the role ${role.name} may not call ${name}`);
}

const refused = ({ role }: View, right: WorkflowRight, workflow: string) =>
  new SignalboxError('not_allowed', `the role ${role.name} may not ${right} the workflow ${workflow}`);

const fieldOf = (request: unknown, name: string): unknown =>
  typeof request === 'object' && request !== null ? (request as Record<string, unknown>)[name] : undefined;

async function listRuns(call: MethodCall, { view, next }: Around): Promise<unknown> {
  const { role } = view;
  const sees = (workflow: string) => mayWithWorkflow(role, 'see', workflow);
  let page = (await next(call)) as ResponseOf<'list'>;
  const { workflows } = page;
  const limit = Number(fieldOf(call.request, 'limit'));
  const runs: RunView[] = [];
  for (;;) {
    runs.push(...page.runs.filter(({ workflow }) => sees(workflow)).map((run) => seenRun(view, run)));
    const last = page.runs.at(-1);
    if (!last || page.runs.length < limit || runs.length >= limit) break;
    page = (await next({ ...call, request: { limit, before: last.run } })) as ResponseOf<'list'>;
  }
  return { runs: runs.slice(0, limit), workflows: workflows.filter(({ name }) => sees(name)) };
}

async function startRun(call: MethodCall, { view, next }: Around): Promise<unknown> {
  const source = fieldOf(call.request, 'source');
  const text = fieldOf(source, 'text');
  if (typeof text === 'string') {
    // Each task is checked separately, but the run also needs the right to run a workflow of this name.
    const file = fieldOf(source, 'file');
    const checked = (await next({ ...call, name: 'workflow/check', request: { text, file } })) as ResponseOf<'check'>;
    const { name, problems } = checked;
    // Problems use the text of the service, which may name commands that are invisible to the operator.
    const lines = problems.map(({ line, column, sentence }) => `${file}:${line}:${column}: ${sentence}`);
    if (lines.length > 0) throw new SignalboxError('bad_usage', lines.join('; '));
    if (!mayWithWorkflow(view.role, 'run', name)) throw refused(view, 'run', name);
    return await next(call);
  }
  const name = fieldOf(source, 'name');
  if (typeof name === 'string') {
    const page = await next({ ...call, name: 'workflow/list', request: { limit: 1 } });
    const seen = (page as ResponseOf<'list'>).workflows.filter((one) => mayWithWorkflow(view.role, 'see', one.name));
    if (!seen.some((one) => one.name === name)) throw unknown('workflow', name);
    if (!mayWithWorkflow(view.role, 'run', name)) throw refused(view, 'run', name);
  }
  return await next(call);
}

async function withRun(call: MethodCall, right: WorkflowRight, { view, viewNow, next }: Around): Promise<unknown> {
  const run = fieldOf(call.request, 'run');
  const { workflow } = (await next({ ...call, name: 'workflow/show', request: { run } })) as RunDetails;
  checkSeen(view);
  if (!mayWithWorkflow(view.role, right, workflow)) throw refused(view, right, workflow);
  const shown = (await next(call)) as RunView | RunDetails;
  const now = viewNow();
  checkSeen(now);
  return 'tasks' in shown ? seenDetails(now, shown) : seenRun(now, shown);

  function checkSeen({ role }: View): void {
    if (mayWithWorkflow(role, 'see', workflow)) return;
    throw new SignalboxError('no_such_job', `there is no run ${run}; to list runs, use: workflow list`);
  }
}

function seenRun<Run extends RunView>(view: View, run: Run): Run {
  const isOpen = mayWithWorkflow(view.role, 'run', run.workflow);
  const shown: Run = isOpen ? run : { ...run, params: {} };
  if (view.isWhole) return shown;
  const { problem: _, ...rest } = shown;
  return rest as Run;
}

function seenDetails(view: View, run: RunDetails): RunDetails {
  const shown = seenRun(view, run);
  return view.isWhole ? shown : { ...shown, tasks: shown.tasks.map((task) => seenTask(view, task, run.actor)) };
}

/**
 * Hides details of a task that has an invisible client, because they could name it. If it was sent to no client, its
 * texts refer to what its actor can see.
 */
function seenTask(view: View, { clients = [], number, error, ...facts }: TaskView, starter: string): TaskView {
  const seen = clients.filter((client) => view.seesClient(client));
  const isSeen = seen.length === clients.length && (seen.length > 0 || view.isOf(facts.actor ?? starter));
  return {
    ...facts,
    ...(seen.length > 0 && { clients: seen }),
    ...(isSeen && number !== undefined && { number }),
    ...(isSeen && error !== undefined && { error }),
  };
}

async function listSchedules(call: MethodCall, around: Around): Promise<unknown> {
  const { view } = around;
  const after = fieldOf(call.request, 'after');
  const all = await schedulesSeen(call, around);
  const from = typeof after === 'string' ? all.findIndex(({ schedule }) => schedule === after) + 1 : 0;
  return {
    schedules: all.slice(from, from + 100).map((one) => seenSchedule(view, one)),
    isMore: all.length > from + 100,
  };
}

async function withSchedule(call: MethodCall, right: WorkflowRight, around: Around): Promise<unknown> {
  const { view, next } = around;
  const name = String(fieldOf(call.request, 'schedule'));
  const seen = await schedulesSeen(call, around);
  const ofWorkflow = seen.filter(({ workflow }) => workflow === name);
  const only = right === 'see' || ofWorkflow.length === 1 ? ofWorkflow[0] : undefined;
  const meant = seen.find(({ schedule }) => schedule === name) ?? only;
  if (!meant) throw unknown('schedule', name);
  if (!mayWithWorkflow(view.role, right, meant.workflow)) throw refused(view, right, meant.workflow);
  const answer = await next(call);
  if (call.name === 'schedule/run') return answer;
  if (call.name !== 'schedule/show') return seenSchedule(view, answer as ScheduleView);
  const { schedules } = answer as ScheduleResponse<'show'>;
  return { schedules: schedules.map((one) => seenSchedule(view, one)) };
}

async function schedulesSeen(call: MethodCall, { view, next }: Around): Promise<ScheduleView[]> {
  const all: ScheduleView[] = [];
  for (;;) {
    const after = all.at(-1)?.schedule;
    const request = after === undefined ? {} : { after };
    const page = (await next({ ...call, name: 'schedule/list', request })) as ScheduleResponse<'list'>;
    all.push(...page.schedules);
    if (!page.isMore || page.schedules.length === 0) break;
  }
  return all.filter(({ workflow }) => mayWithWorkflow(view.role, 'see', workflow));
}

/** Without the clients whose changes started it, and without reasons, which can name clients. */
function seenSchedule(view: View, schedule: ScheduleView): ScheduleView {
  if (view.isWhole) return schedule;
  const decisions = schedule.decisions.map(({ client: _client, reason, ...decision }) => ({
    ...decision,
    ...(reason !== undefined && { reason: plainReason(reason) }),
  }));
  return { ...schedule, decisions };
}

const unknown = (what: string, name: string) => new SignalboxError('bad_usage', `there is no ${what} ${name}`);
