import { z } from 'zod';
import { SignalboxError } from '../../schemas/index.ts';
import { nearest } from '../nearest.ts';
import type { ScheduleView, StoredDecision } from '../plugin/schedule-calls.ts';
import { startTimer } from '../process/timer.ts';
import type { Collection, Entry } from '../store/collection.ts';
import type { Trigger } from './definition.ts';
import type { KnownWorkflow, WorkflowFolder } from './folder.ts';
import type { Collections } from './run-store.ts';
import type { Runner } from './runner.ts';
import { type Decision, decide, nextTimes } from './schedule.ts';
import { type Times, timesOf } from './times.ts';

/** Also where nothing is due: the clock may have been set. */
const lookEveryMs = 5_000;
const keptDecisions = 100;
/** Planned times of one `schedule run --from --to`. */
const maxBackfill = 100;
const nextShown = 5;

const stateSchema = z.object({
  /** Its trigger as JSON: with another one it begins anew. */
  trigger: z.string(),
  /** All times up to this one are decided. */
  decidedMs: z.number(),
  paused: z.object({ actor: z.string(), atMs: z.number() }).optional(),
  queuedMs: z.number().optional(),
  decisions: z.array(z.custom<StoredDecision>()),
});
type State = z.output<typeof stateSchema>;

interface Schedule {
  readonly name: string;
  readonly workflow: KnownWorkflow;
  readonly trigger: Trigger;
  readonly times: Times;
}

/**
 * Starts the runs of the triggers that a clock starts, of the workflows in the folder. What becomes of each planned time is
 * decided by `schedule.ts`, and stored after the run is: a run is found by its schedule and time, and never made twice.
 */
export class Scheduler implements AsyncDisposable {
  private readonly folder: WorkflowFolder;
  private readonly runner: Runner;
  private readonly states: Collection<State>;
  private readonly warn: (sentence: string) => void;
  private timer: Disposable | undefined;
  private looking: Promise<void> = Promise.resolve();
  private isDisposed = false;
  private said: string | undefined;

  constructor(options: {
    folder: WorkflowFolder;
    runner: Runner;
    collections: Collections;
    warn: (sentence: string) => void;
  }) {
    this.folder = options.folder;
    this.runner = options.runner;
    this.states = options.collections('workflow-schedules');
    this.warn = options.warn;
    options.runner.onEnd = () => this.look();
    this.look();
  }

  async list(): Promise<ScheduleView[]> {
    return await Promise.all(this.schedules().map((schedule) => this.view(schedule)));
  }

  async pause(name: string, actor: string): Promise<ScheduleView> {
    return await this.change(name, (state) => ({ ...state, paused: { actor, atMs: Date.now() } }));
  }

  /** What was planned meanwhile is not made up for. */
  async resume(name: string): Promise<ScheduleView> {
    return await this.change(name, ({ paused: _, ...state }) => state);
  }

  /** Starts runs for whoever asks: one now, or those of the planned times between two that have not been. */
  async run(name: string, actor: string, span?: { fromMs: number; toMs: number }): Promise<number[]> {
    const { workflow, times } = this.find(name);
    if (!span) return [(await this.runner.begin(workflow, { actor })).run];
    const planned: number[] = [];
    for (let next = times.after(span.fromMs - 1); next !== undefined && next <= span.toMs; next = times.after(next)) {
      planned.push(next);
      if (planned.length > maxBackfill) {
        throw new SignalboxError('bad_usage', `more than ${maxBackfill} times of ${name} lie between these`);
      }
    }
    const runs: number[] = [];
    for (const plannedAtMs of planned) {
      if ((await this.runner.planned(name, plannedAtMs)) !== undefined) continue;
      runs.push((await this.runner.begin(workflow, { actor, schedule: name, plannedAtMs })).run);
    }
    return runs;
  }

  /** Decides what is due, now and then again. */
  look(): void {
    if (this.isDisposed) return;
    this.timer?.[Symbol.dispose]();
    this.timer = startTimer(lookEveryMs, () => this.look());
    this.looking = this.looking.then(() => this.decideAll());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
    this.timer?.[Symbol.dispose]();
    await this.looking;
  }

  private async decideAll(): Promise<void> {
    try {
      let nextMs = Number.POSITIVE_INFINITY;
      for (const schedule of this.schedules()) {
        if (this.isDisposed) return;
        nextMs = Math.min(nextMs, (await this.decideOne(schedule)) ?? nextMs);
      }
      this.said = undefined;
      const waitMs = nextMs - Date.now();
      if (this.isDisposed || waitMs >= lookEveryMs) return;
      this.timer?.[Symbol.dispose]();
      this.timer = startTimer(Math.max(0, waitMs), () => this.look());
    } catch (error) {
      // The store, say: tried again at the next look.
      const { message } = SignalboxError.from(error, 'internal');
      if (message !== this.said) this.warn(`schedules are late: ${message}`);
      this.said = message;
    }
  }

  /** @returns when it has to be decided again. */
  private async decideOne(schedule: Schedule): Promise<number | undefined> {
    const { name, trigger, times } = schedule;
    const entry = await this.stateOf(schedule);
    const before = entry.value;
    const running = this.runner.runningOf(name);
    const decided = decide(
      {
        name,
        trigger,
        times,
        decidedMs: before.decidedMs,
        isPaused: before.paused !== undefined,
        running,
        isQueued: before.queuedMs !== undefined,
      },
      Date.now(),
    );
    let state = { ...before, decidedMs: decided.decidedMs };
    for (const decision of decided.decisions) state = await this.carryOut(decision, schedule, state);
    if (state.queuedMs !== undefined && this.runner.runningOf(name) === 0) {
      const { queuedMs, ...rest } = state;
      state = await this.start(schedule, { action: 'run', plannedMs: queuedMs }, rest);
    }
    if (decided.decisions.length > 0 || state.queuedMs !== before.queuedMs)
      await this.write(name, entry.version, state);
    return decided.nextMs;
  }

  private async carryOut(decision: Decision, schedule: Schedule, state: State): Promise<State> {
    if (decision.action === 'queue') return { ...kept(state, decision), queuedMs: decision.plannedMs };
    if (decision.action === 'skip' || decision.action === 'skip-many') return kept(state, decision);
    if (decision.action === 'run') return await this.start(schedule, decision, state);
    await this.runner.cancelOf(schedule.name);
    // It starts when these have ended, which can take time; other schedules do not wait.
    return { ...kept(state, decision), queuedMs: decision.plannedMs };
  }

  private async start({ name, workflow }: Schedule, decision: StoredDecision, state: State): Promise<State> {
    const plannedAtMs = decision.plannedMs;
    const before = await this.runner.planned(name, plannedAtMs);
    if (before !== undefined) return kept(state, { ...decision, run: before });
    try {
      const { run } = await this.runner.begin(workflow, { actor: 'owner', schedule: name, plannedAtMs });
      return kept(state, { ...decision, run });
    } catch (error) {
      const { code, message } = SignalboxError.from(error, 'internal');
      if (code !== 'bad_usage' && code !== 'busy') throw error;
      this.warn(`${name} has not run: ${message}`);
      return kept(state, { action: 'skip', plannedMs: plannedAtMs, reason: message });
    }
  }

  private schedules(): Schedule[] {
    return this.folder.workflows.flatMap((workflow) =>
      workflow.triggers.flatMap((trigger, index) => {
        const times = timesOf(trigger);
        return times ? [{ name: `${workflow.name}/${index + 1}`, workflow, trigger, times }] : [];
      }),
    );
  }

  private find(name: string): Schedule {
    const all = this.schedules();
    const ofWorkflow = all.filter(({ workflow }) => workflow.name === name);
    const found = all.find((one) => one.name === name) ?? (ofWorkflow.length === 1 ? ofWorkflow[0] : undefined);
    if (found) return found;
    const names = all.map((one) => one.name);
    const meant = nearest(name, names);
    const hint = meant === undefined ? `there is ${names.slice(0, 20).join(', ') || 'none'}` : `did you mean ${meant}?`;
    throw new SignalboxError('bad_usage', `there is no schedule ${name}; ${hint}`);
  }

  private async change(name: string, make: (state: State) => State): Promise<ScheduleView> {
    const schedule = this.find(name);
    const changed = this.looking.then(async () => {
      // What has come until now is decided as it was.
      await this.decideOne(schedule);
      const { value, version } = await this.stateOf(schedule);
      await this.write(schedule.name, version, make(value));
    });
    this.looking = changed.catch(() => {});
    await changed;
    return await this.view(schedule);
  }

  private async view(schedule: Schedule): Promise<ScheduleView> {
    const { name, workflow, trigger, times } = schedule;
    const { paused, queuedMs, decisions } = (await this.stateOf(schedule)).value;
    return {
      ...{ schedule: name, workflow: workflow.name, when: whenOf(trigger), decisions },
      nextMs: paused ? [] : nextTimes(times, Date.now(), nextShown),
      ...(paused && { paused }),
      ...(queuedMs !== undefined && { queuedMs }),
    };
  }

  /** From its stored state, or from now on where it is new or was edited. */
  private async stateOf({ name, trigger }: Schedule): Promise<Entry<State>> {
    const text = JSON.stringify(trigger);
    for (;;) {
      const entry = await this.states.get(name);
      if (entry && entry.value.trigger === text) return { ...entry, value: stateSchema.parse(entry.value) };
      const begun = { decisions: [], ...entry?.value, trigger: text, decidedMs: Date.now() };
      const made = entry
        ? await this.states.compareAndSet(name, entry.version, begun)
        : await this.states.putIfAbsent(name, begun);
      if (made) return made;
    }
  }

  private async write(name: string, version: number, state: State): Promise<void> {
    if (await this.states.compareAndSet(name, version, state)) return;
    throw new SignalboxError('store_in_use', `another server decides ${name}`);
  }
}

const kept = (state: State, decision: StoredDecision): State => ({
  ...state,
  decisions: [...state.decisions, decision].slice(-keptDecisions),
});

function whenOf({ cron, every, at = [], timeZone }: Trigger): string {
  const zone = timeZone === 'UTC' ? '' : ` ${timeZone}`;
  if (cron !== undefined) return `${cron}${zone}`;
  return every === undefined ? `at ${at.join(', ')}${zone}` : `every ${every / 1_000} s`;
}
