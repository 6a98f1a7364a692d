import { SignalboxError } from '../../schemas/index.ts';
import type { JobService } from '../plugin/job-service.ts';
import type { ScheduleResponse, ScheduleView } from '../plugin/schedule-calls.ts';
import { startTimer } from '../process/timer.ts';
import { backfill } from './backfill.ts';
import { type ClientChange, ClientTriggers } from './client-triggers.ts';
import type { WorkflowFolder } from './folder.ts';
import { LiveSchedule } from './live-schedule.ts';
import { matches } from './matches.ts';
import type { Collections } from './run-store.ts';
import type { Runner } from './runner.ts';
import { removedNews, type ScheduleNews } from './schedule-news.ts';
import { ScheduleStates } from './schedule-states.ts';
import { findSchedule, type Schedule, schedulesOf } from './schedules.ts';

/** Maximum interval between checks, in ms, even if nothing is due, because the clock may be changed. */
const lookEveryMs = 5_000;
/** Maximum number of schedules that are decided at the same time. */
const maxAtOnce = 64;
const page = 200;

interface SchedulerOptions {
  readonly folder: WorkflowFolder;
  readonly runner: Runner;
  readonly collections: Collections;
  readonly service: JobService;
  /** Time after which an absent client is gone, in ms. */
  readonly lostAfterMs: number;
  readonly tell: (event: ScheduleNews) => void;
  readonly warn: (sentence: string) => void;
}

/** Starts runs for the triggers of the workflows in the folder: at their times, and at changes of clients. */
export class Scheduler implements AsyncDisposable {
  private readonly options: SchedulerOptions;
  private readonly states: ScheduleStates;
  private schedules: readonly Schedule[] = [];
  /** By name, including schedules that are no longer in the folder. */
  private readonly lives = new Map<string, LiveSchedule>();
  private readonly waiting = new Set<LiveSchedule>();
  private readonly deciding = new Set<Promise<void>>();
  /** Created once a trigger needs it. */
  private triggers: ClientTriggers | undefined;
  private timer: Disposable | undefined;
  private lookedMs = 0;
  /** When the timer fires, by the clock. */
  private armedMs = 0;
  private isDisposed = false;
  private said: string | undefined;

  constructor(options: SchedulerOptions) {
    this.options = options;
    this.states = new ScheduleStates(options.collections);
    options.runner.onEnd = (name) => this.wake(name);
    options.folder.onChange = () => this.load();
    this.load();
  }

  /** In the order of the folder, starting after `after`. Each has its next time and its newest decision. */
  async list(after: string | undefined): Promise<ScheduleResponse<'list'>> {
    const { schedules } = this;
    const from = after === undefined ? 0 : schedules.findIndex(({ name }) => name === after) + 1;
    const shown: ScheduleView[] = [];
    for (const schedule of schedules.slice(from, from + page))
      shown.push(await this.live(schedule).view({ next: 1, decisions: 1 }));
    return { schedules: shown, isMore: from + page < schedules.length };
  }

  /** One schedule, or all schedules of a workflow. */
  async show(name: string): Promise<ScheduleView[]> {
    const own = this.schedules.filter(({ workflow }) => workflow.name === name);
    const found = own.length > 0 ? own : [this.find(name)];
    return await Promise.all(found.map((schedule) => this.live(schedule).view()));
  }

  async act(name: string, action: 'pause' | 'resume' | 'cancel', actor: string): Promise<ScheduleView> {
    const live = this.live(this.find(name));
    await live[action](actor);
    this.look();
    return await live.view();
  }

  /** Starts runs for the caller: one now, or one for each planned time in a range that had none. */
  async run(name: string, actor: string, span?: { fromMs: number; toMs: number }): Promise<ScheduleResponse<'run'>> {
    const schedule = this.find(name);
    const { runner } = this.options;
    if (span) return await backfill(this.live(schedule), { ...span, actor }, runner);
    const { run } = await runner.begin(schedule.workflow, { actor, schedule: schedule.name });
    return { runs: [run], left: 0, atOnce: 1 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
    this.waiting.clear();
    this.timer?.[Symbol.dispose]();
    await this.triggers?.[Symbol.asyncDispose]();
    await Promise.all(this.deciding);
  }

  /** Loads the current schedules of the folder. */
  private load(): void {
    const before = new Map(this.schedules.map((schedule) => [schedule.name, schedule]));
    this.schedules = schedulesOf(this.options.folder.workflows);
    for (const schedule of this.schedules) {
      const { name } = schedule;
      const live = this.lives.get(name) ?? new LiveSchedule(schedule, { ...this.options, states: this.states });
      this.lives.set(name, live);
      live.replace(schedule);
      if (!before.delete(name)) live.reload();
    }
    for (const schedule of before.values()) this.options.tell(removedNews(schedule));
    if (this.schedules.some(({ times }) => !times)) this.triggers ??= this.follow();
    this.look();
  }

  /** Decides which runs are due, and arms the timer. */
  private look(): void {
    if (this.isDisposed) return;
    const nowMs = Date.now();
    const wasSetBack = nowMs < this.lookedMs;
    this.lookedMs = nowMs;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const schedule of this.schedules) {
      const live = this.live(schedule);
      if (live.dueMs <= nowMs || wasSetBack) this.waiting.add(live);
      else nextMs = Math.min(nextMs, live.dueMs);
    }
    this.lookIn(Math.min(lookEveryMs, nextMs - nowMs));
    this.decideWaiting();
  }

  private lookIn(ms: number): void {
    this.armedMs = Date.now() + ms;
    this.timer?.[Symbol.dispose]();
    this.timer = startTimer(ms, () => this.look());
  }

  private decideWaiting(): void {
    for (const live of this.waiting) {
      if (this.deciding.size >= maxAtOnce) return;
      this.waiting.delete(live);
      const done = this.decide(live).finally(() => {
        this.deciding.delete(done);
        if (this.isDisposed) return;
        if (live.dueMs < this.armedMs) this.lookIn(Math.max(0, live.dueMs - Date.now()));
        this.decideWaiting();
      });
      this.deciding.add(done);
    }
  }

  private async decide(live: LiveSchedule): Promise<void> {
    try {
      await live.decide();
      this.said = undefined;
    } catch (error) {
      // For example the store is unavailable: try again soon.
      const { message } = SignalboxError.from(error, 'internal');
      if (message !== this.said && !this.isDisposed) this.options.warn(`schedules are delayed: ${message}`);
      this.said = message;
    }
  }

  /** Called when a run of a schedule, or of one of its clients, has ended. */
  private wake(name: string): void {
    const live = this.lives.get(name.split(':')[0] ?? name);
    if (live?.wake()) this.look();
  }

  private follow(): ClientTriggers {
    return new ClientTriggers({ ...this.options, onChange: (change) => this.changed(change) });
  }

  /** Handles a change of a client. Called again if it is unknown whether the change was handled completely. */
  private async changed({ kind, client, atMs }: ClientChange): Promise<void> {
    for (const schedule of this.schedules.filter(({ trigger }) => trigger.client === kind)) {
      if (!(await matches(schedule.trigger, client, this.options.service))) continue;
      await this.live(schedule).changeOf(client, atMs);
    }
  }

  private live({ name }: Schedule): LiveSchedule {
    const live = this.lives.get(name);
    if (!live) throw new SignalboxError('internal', `the schedule ${name} was not loaded`);
    return live;
  }

  private find(name: string): Schedule {
    return findSchedule(this.schedules, name);
  }
}
