import { SignalboxError } from '../../schemas/index.ts';
import type { JobService } from '../plugin/job-service.ts';
import type { ScheduleView, StoredDecision } from '../plugin/schedule-calls.ts';
import { startTimer } from '../process/timer.ts';
import { type ClientChange, ClientTriggers } from './client-triggers.ts';
import type { Trigger } from './definition.ts';
import type { WorkflowFolder } from './folder.ts';
import type { Collections } from './run-store.ts';
import type { Runner } from './runner.ts';
import { type Decision, decide, nextTimes } from './schedule.ts';
import { kept, ScheduleStates, type State } from './schedule-states.ts';
import { findSchedule, plannedBetween, type Schedule, schedulesOf, whenOf } from './schedules.ts';

/** Also where nothing is due: the clock may have been set. */
const lookEveryMs = 5_000;
const nextShown = 5;

/**
 * Starts the runs of the triggers that a clock starts, of the workflows in the folder. What becomes of each planned time is
 * decided by `schedule.ts`, and stored after the run is: a run is found by its schedule and time, and never made twice.
 */
export class Scheduler implements AsyncDisposable {
  private readonly folder: WorkflowFolder;
  private readonly runner: Runner;
  private readonly service: JobService;
  private readonly states: ScheduleStates;
  private readonly warn: (sentence: string) => void;
  private readonly newTriggers: () => ClientTriggers;
  /** Once there is a trigger for it. */
  private triggers: ClientTriggers | undefined;
  private timer: Disposable | undefined;
  private looking: Promise<void> = Promise.resolve();
  private isDisposed = false;
  private said: string | undefined;

  constructor(options: {
    folder: WorkflowFolder;
    runner: Runner;
    collections: Collections;
    service: JobService;
    /** Away for longer than this a client is gone, in ms. */
    lostAfterMs: number;
    warn: (sentence: string) => void;
  }) {
    this.folder = options.folder;
    this.runner = options.runner;
    this.service = options.service;
    this.states = new ScheduleStates(options.collections);
    this.warn = options.warn;
    options.runner.onEnd = () => this.look();
    this.newTriggers = () =>
      new ClientTriggers({
        ...{ service: options.service, collections: options.collections, lostAfterMs: options.lostAfterMs },
        ...{ warn: options.warn, onChange: (change) => this.changed(change) },
      });
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
    const schedule = this.find(name);
    const { workflow } = schedule;
    if (!span) return [(await this.runner.begin(workflow, { actor })).run];
    const runs: number[] = [];
    for (const plannedAtMs of plannedBetween(schedule, span)) {
      if ((await this.runner.planned(schedule.name, plannedAtMs)) !== undefined) continue;
      runs.push((await this.runner.begin(workflow, { actor, schedule: schedule.name, plannedAtMs })).run);
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
    await this.triggers?.[Symbol.asyncDispose]();
    await this.looking;
  }

  private async decideAll(): Promise<void> {
    try {
      let nextMs = Number.POSITIVE_INFINITY;
      const schedules = this.schedules();
      if (schedules.some(({ times }) => !times)) this.triggers ??= this.newTriggers();
      for (const schedule of schedules) {
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
    if (!times) return undefined;
    const entry = await this.states.of(schedule);
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
      await this.states.write(name, entry.version, state);
    return decided.nextMs;
  }

  /** What has happened to a client; again where it is not known whether all of it was carried out. */
  private async changed(change: ClientChange): Promise<void> {
    const own = this.schedules().filter(({ trigger }) => trigger.client === change.kind);
    const done = this.looking.then(async () => {
      for (const schedule of own) {
        if (await this.matches(schedule.trigger, change.client)) await this.startFor(schedule, change);
      }
    });
    this.looking = done.catch(() => {});
    await done;
  }

  /** Runs for different clients do not wait for each other. */
  private async startFor(schedule: Schedule, { client, atMs }: ClientChange): Promise<void> {
    const { value: state, version } = await this.states.of(schedule);
    // Decided before a crash.
    if (state.decisions.some((one) => one.client === client && one.plannedMs === atMs)) return;
    const name = `${schedule.name}:${client}`;
    const skip = (reason: string) => kept(state, { action: 'skip', plannedMs: atMs, client, reason });
    const { overlap } = schedule.trigger;
    const isBusy = this.runner.runningOf(name) > 0 && (await this.runner.planned(name, atMs)) === undefined;
    if (isBusy && overlap === 'replace') await this.runner.cancelOf(name);
    const made = state.paused
      ? skip('paused')
      : isBusy && overlap === 'skip'
        ? skip('overlap')
        : await this.start({ ...schedule, name }, { action: 'run', plannedMs: atMs, client }, state);
    await this.states.write(schedule.name, version, made);
  }

  private async matches({ matching }: Trigger, client: string): Promise<boolean> {
    if (matching === undefined) return true;
    try {
      return (await this.service.resolve(matching)).includes(client);
    } catch (error) {
      if (error instanceof SignalboxError && ['no_such_target', 'bad_usage'].includes(error.code)) return false;
      throw error;
    }
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
      const { run } = await this.runner.begin(workflow, {
        ...{ actor: 'owner', schedule: name, plannedAtMs },
        ...(decision.client !== undefined && { client: decision.client }),
      });
      return kept(state, { ...decision, run });
    } catch (error) {
      const { code, message } = SignalboxError.from(error, 'internal');
      if (code !== 'bad_usage' && code !== 'busy') throw error;
      this.warn(`${name} has not run: ${message}`);
      const { client } = decision;
      const about = client === undefined ? {} : { client };
      return kept(state, { action: 'skip', plannedMs: plannedAtMs, ...about, reason: message });
    }
  }

  private schedules(): Schedule[] {
    return schedulesOf(this.folder.workflows);
  }

  private find(name: string): Schedule {
    return findSchedule(this.schedules(), name);
  }

  private async change(name: string, make: (state: State) => State): Promise<ScheduleView> {
    const schedule = this.find(name);
    const changed = this.looking.then(async () => {
      // What has come until now is decided as it was.
      await this.decideOne(schedule);
      const { value, version } = await this.states.of(schedule);
      await this.states.write(schedule.name, version, make(value));
    });
    this.looking = changed.catch(() => {});
    await changed;
    return await this.view(schedule);
  }

  private async view(schedule: Schedule): Promise<ScheduleView> {
    const { name, workflow, trigger, times } = schedule;
    const { paused, queuedMs, decisions } = (await this.states.of(schedule)).value;
    return {
      ...{ schedule: name, workflow: workflow.name, when: whenOf(trigger), decisions },
      nextMs: paused || !times ? [] : nextTimes(times, Date.now(), nextShown),
      ...(paused && { paused }),
      ...(queuedMs !== undefined && { queuedMs }),
    };
  }
}
