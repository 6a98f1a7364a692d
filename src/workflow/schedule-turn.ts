import { SignalboxError } from '../../schemas/index.ts';
import type { StoredDecision } from '../plugin/schedule-calls.ts';
import type { Runner } from './runner.ts';
import { type Decision, decide } from './schedule.ts';
import { decisionNews, type ScheduleNews } from './schedule-news.ts';
import { kept, type State } from './schedule-states.ts';
import type { Schedule } from './schedules.ts';

/** Delay before a run that found no room is tried again, in ms. */
const againMs = 1_000;
/** Maximum number of backfill runs at a time if runs may overlap. */
const atOnce = 10;
/**
 * If the clock is set back further than this, it was wrong before, and schedules continue with the present. As in Vixie
 * cron.
 */
const correctedMs = 3 * 3_600_000;

interface Parts {
  readonly runner: Runner;
  readonly warn: (sentence: string) => void;
}

export const backfillsAtOnce = ({ trigger }: Schedule): number => (trigger.overlap === 'allow' ? atOnce : 1);

/** The work on one schedule between reading and writing its state: decisions about its times, and starts. */
export class ScheduleTurn {
  readonly schedule: Schedule;
  /** The state to write. */
  state: State;
  /** Events to emit after the write. */
  readonly news: ScheduleNews[] = [];
  /** Time of the next check, by the clock. */
  dueMs = Number.POSITIVE_INFINITY;
  private readonly runner: Runner;
  private readonly warn: Parts['warn'];

  constructor(schedule: Schedule, state: State, { runner, warn }: Parts) {
    this.schedule = schedule;
    this.state = state;
    this.runner = runner;
    this.warn = warn;
  }

  /** Decides all planned times that are due, and starts waiting runs. */
  async go(): Promise<void> {
    await this.decideTimes(Date.now());
    if (this.state.paused) return;
    await this.startQueued();
    await this.startBackfill();
  }

  async decideTimes(nowMs: number): Promise<void> {
    const { name, trigger, times } = this.schedule;
    if (!times) return;
    if (this.state.decidedMs - nowMs > correctedMs) this.state = { ...this.state, decidedMs: nowMs };
    const { decidedMs, paused, queuedMs } = this.state;
    const decided = decide(
      {
        ...{ name, trigger, times, ...this.runner.runningOf(name) },
        decidedMs,
        isPaused: paused !== undefined,
        isQueued: queuedMs !== undefined,
      },
      nowMs,
    );
    this.lookAt(decided.nextMs);
    for (const decision of decided.decisions) {
      if (!(await this.carryOut(decision))) return;
      this.state = { ...this.state, decidedMs: 'lastMs' in decision ? decision.lastMs : decision.plannedMs };
    }
  }

  /** Handles a change of a client. Runs for different clients do not wait for each other. */
  async changeOf(client: string, atMs: number): Promise<void> {
    const { decisions, paused, queuedFor = {} } = this.state;
    const about = { client, plannedMs: atMs };
    // It was decided before a crash.
    if (decisions.some((one) => one.client === client && one.plannedMs === atMs)) return;
    const name = this.nameFor(client);
    const { overlap } = this.schedule.trigger;
    const isBusy = this.runner.runningOf(name).running > 0 && (await this.runner.planned(name, atMs)) === undefined;
    if (paused) return this.keep({ ...about, action: 'skip', reason: 'paused' });
    if (!isBusy || overlap === 'allow') {
      if (!(await this.start({ ...about, action: 'run' }))) this.queueFor(client, atMs);
      return;
    }
    const waitingMs = queuedFor[client];
    if (overlap === 'skip' || (overlap === 'queue' && waitingMs !== undefined))
      return this.keep({ ...about, action: 'skip', reason: 'overlap' });
    this.keep({ ...about, action: overlap });
    if (waitingMs !== undefined) this.keep({ client, plannedMs: waitingMs, action: 'skip', reason: 'replaced' });
    if (overlap === 'replace') await this.runner.cancelOf(name);
    this.queueFor(client, atMs);
  }

  /** Drops waiting runs. */
  dropWaiting(reason: string, { withBackfill }: { withBackfill: boolean }): void {
    const { queuedMs, queuedFor = {}, backfill, ...rest } = this.state;
    this.state = { ...rest, ...(backfill && !withBackfill && { backfill }) };
    if (queuedMs !== undefined) this.keep({ action: 'skip', plannedMs: queuedMs, reason });
    for (const [client, plannedMs] of Object.entries(queuedFor))
      this.keep({ action: 'skip', plannedMs, client, reason });
    const [plannedMs, ...others] = (withBackfill && backfill?.leftMs) || [];
    if (plannedMs === undefined) return;
    const span = { count: others.length + 1, lastMs: others.at(-1) ?? plannedMs };
    this.keep({ action: 'skip-many', plannedMs, ...span, reason, isBackfill: true });
  }

  keep(decision: StoredDecision, actor?: string): void {
    this.state = kept(this.state, decision);
    this.news.push(decisionNews(this.schedule, decision, actor));
  }

  private async carryOut(decision: Decision): Promise<boolean> {
    const { action, plannedMs } = decision;
    if (action === 'run') return await this.start(decision);
    this.keep(decision);
    if (action !== 'queue' && action !== 'replace') return true;
    const { queuedMs } = this.state;
    if (queuedMs !== undefined) this.keep({ action: 'skip', plannedMs: queuedMs, reason: 'replaced' });
    // It starts when these runs have ended, which can take time. Other schedules do not wait.
    if (action === 'replace') await this.runner.cancelOf(this.schedule.name);
    this.state = { ...this.state, queuedMs: plannedMs };
    return true;
  }

  private async startQueued(): Promise<void> {
    const { queuedMs, queuedFor = {} } = this.state;
    if (queuedMs !== undefined && this.isFree(this.schedule.name)) {
      if (!(await this.start({ action: 'run', plannedMs: queuedMs }))) return;
      const { queuedMs: _, ...rest } = this.state;
      this.state = rest;
    }
    for (const [client, plannedMs] of Object.entries(queuedFor)) {
      if (!this.isFree(this.nameFor(client))) continue;
      if (!(await this.start({ action: 'run', plannedMs, client }))) return;
      const { [client]: _, ...others } = this.state.queuedFor ?? {};
      this.state = { ...this.state, queuedFor: others };
    }
  }

  private async startBackfill(): Promise<void> {
    const { name } = this.schedule;
    const most = backfillsAtOnce(this.schedule);
    for (;;) {
      const { backfill, queuedMs } = this.state;
      const { running, backfilling } = this.runner.runningOf(name);
      if (!backfill || queuedMs !== undefined || (most === 1 ? running : backfilling) >= most) return;
      const { actor, leftMs } = backfill;
      const [plannedMs, ...left] = leftMs;
      if (plannedMs !== undefined) {
        const isStarted = await this.start({ action: 'run', plannedMs, isBackfill: true }, actor);
        if (!isStarted) return;
      }
      const { backfill: _, ...rest } = this.state;
      this.state = left.length > 0 ? { ...rest, backfill: { actor, leftMs: left } } : rest;
    }
  }

  /** @returns false if there is no room for it; then it is tried again. */
  private async start(decision: StoredDecision, actor = 'owner'): Promise<boolean> {
    const { plannedMs: plannedAtMs, client, isBackfill } = decision;
    const schedule = client === undefined ? this.schedule.name : this.nameFor(client);
    const before = await this.runner.planned(schedule, plannedAtMs);
    try {
      const run = before ?? (await this.begin({ actor, schedule, plannedAtMs, client, isBackfill }));
      this.keep({ ...decision, run }, actor);
    } catch (error) {
      const { code, message } = SignalboxError.from(error, 'internal');
      if (code !== 'bad_usage' && code !== 'busy') throw error;
      this.warn(`${schedule} did not run: ${message}`);
      if (code === 'busy') {
        this.lookAt(Date.now() + againMs);
        return false;
      }
      this.keep({ ...decision, action: 'skip', reason: message }, actor);
    }
    return true;
  }

  private async begin(about: {
    readonly actor: string;
    readonly schedule: string;
    readonly plannedAtMs: number;
    readonly client: string | undefined;
    readonly isBackfill: true | undefined;
  }): Promise<number> {
    const { client, isBackfill, ...planned } = about;
    const begun = { ...planned, ...(client !== undefined && { client }), ...(isBackfill && { isBackfill }) };
    return (await this.runner.begin(this.schedule.workflow, begun)).run;
  }

  private queueFor(client: string, atMs: number): void {
    this.state = { ...this.state, queuedFor: { ...this.state.queuedFor, [client]: atMs } };
  }

  private isFree(name: string): boolean {
    return this.runner.runningOf(name).running === 0;
  }

  private nameFor(client: string): string {
    return `${this.schedule.name}:${client}`;
  }

  private lookAt(ms: number | undefined): void {
    this.dueMs = Math.min(this.dueMs, ms ?? this.dueMs);
  }
}
