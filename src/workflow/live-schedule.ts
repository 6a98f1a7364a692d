import type { ScheduleView } from '../plugin/schedule-calls.ts';
import type { Entry } from '../store/collection.ts';
import type { Runner } from './runner.ts';
import { nextTimes } from './schedule.ts';
import { loadedNews, nextShown, pauseNews, type ScheduleNews } from './schedule-news.ts';
import type { ScheduleStates, State } from './schedule-states.ts';
import { ScheduleTurn } from './schedule-turn.ts';
import { type Schedule, whenOf } from './schedules.ts';

/** Delay after a failed turn, for example if the store is unavailable, in ms. */
const againMs = 1_000;

interface Parts {
  readonly runner: Runner;
  readonly states: ScheduleStates;
  readonly tell: (event: ScheduleNews) => void;
  readonly warn: (sentence: string) => void;
}

/**
 * One schedule in this process. It works in sequential turns: decide and act, store, then report. If the
 * process dies during a turn, the next process repeats it, and finds the run by its schedule and time.
 */
export class LiveSchedule {
  /** Time of the next check, by the clock. */
  dueMs = 0;
  private readonly parts: Parts;
  private definition: Schedule;
  /** As stored, once it was read. */
  private entry: Entry<State> | undefined;
  private isTold = false;
  private turns: Promise<unknown> = Promise.resolve();
  /** Number of turns that have not ended. */
  private open = 0;

  constructor(schedule: Schedule, parts: Parts) {
    this.definition = schedule;
    this.parts = parts;
  }

  get schedule(): Schedule {
    return this.definition;
  }

  /** Replaces the schedule. If the trigger differs, it begins again. */
  replace(schedule: Schedule): void {
    const isSame = JSON.stringify(this.definition.trigger) === JSON.stringify(schedule.trigger);
    this.definition = schedule;
    if (!isSame) this.reload();
  }

  /** Discards the cached state, as if this process had not read it. */
  reload(): void {
    this.entry = undefined;
    this.isTold = false;
    this.dueMs = 0;
  }

  /** Called when one of its runs has ended. @returns whether something waits for that. */
  wake(): boolean {
    const { queuedMs, queuedFor = {}, backfill } = this.entry?.value ?? {};
    const hasWaiting = queuedMs !== undefined || backfill !== undefined || Object.keys(queuedFor).length > 0;
    // A turn may have started to wait for the run that has ended, without having stored that yet.
    if (this.entry && this.open === 0 && !hasWaiting) return false;
    this.dueMs = 0;
    return true;
  }

  /** Decides the planned times that are due, and starts the runs that can start. */
  async decide(): Promise<void> {
    this.dueMs = Number.POSITIVE_INFINITY;
    try {
      await this.inTurn((turn) => turn.go());
    } catch (error) {
      this.dueMs = Date.now() + againMs;
      throw error;
    }
  }

  async changeOf(client: string, atMs: number): Promise<void> {
    await this.inTurn((turn) => turn.changeOf(client, atMs));
  }

  async pause(actor: string): Promise<void> {
    await this.inTurn(async (turn) => {
      // Times up to now are decided under the previous state.
      await turn.decideTimes(Date.now());
      if (turn.state.paused) return;
      turn.dropWaiting('paused', { withBackfill: false });
      turn.state = { ...turn.state, paused: { actor, atMs: Date.now() } };
      turn.news.push(pauseNews(turn.schedule, 'schedule.paused', actor));
    });
  }

  /** Resumes the schedule. Times during the pause are not made up for. */
  async resume(actor: string): Promise<void> {
    await this.inTurn(async (turn) => {
      await turn.decideTimes(Date.now());
      const { paused, ...state } = turn.state;
      if (!paused) return;
      turn.state = state;
      turn.news.push(pauseNews(turn.schedule, 'schedule.resumed', actor));
    });
    await this.decide();
  }

  /** Cancels waiting runs. */
  async cancel(): Promise<void> {
    await this.inTurn(async (turn) => turn.dropWaiting('cancelled', { withBackfill: true }));
  }

  /** Runs work between two turns. */
  inTurn<Result>(work: (turn: ScheduleTurn) => Promise<Result>): Promise<Result> {
    this.open += 1;
    const done = this.turns
      .then(() => this.turn(work))
      .finally(() => {
        this.open -= 1;
      });
    this.turns = done.catch(() => {});
    return done;
  }

  /** @param next number of future times to return. */
  async view({ next = nextShown, decisions: shown = Number.POSITIVE_INFINITY } = {}): Promise<ScheduleView> {
    const { name, workflow, trigger, times } = this.definition;
    const entry = this.entry ?? (await this.inTurn(async ({ state }) => ({ value: state })));
    const { paused, queuedMs, decisions, backfill } = entry.value;
    const [nextMs] = backfill?.leftMs ?? [];
    return {
      ...{ schedule: name, workflow: workflow.name, when: whenOf(trigger), decisions: decisions.slice(-shown) },
      nextMs: paused || !times ? [] : nextTimes(times, Date.now(), next),
      ...(paused && { paused }),
      ...(queuedMs !== undefined && { queuedMs }),
      ...(backfill && { backfill: { actor: backfill.actor, left: backfill.leftMs.length, nextMs } }),
    };
  }

  private async turn<Result>(work: (turn: ScheduleTurn) => Promise<Result>): Promise<Result> {
    const { states, tell } = this.parts;
    const schedule = this.definition;
    const entry = this.entry ?? (await this.read(schedule));
    const turn = new ScheduleTurn(schedule, entry.value, this.parts);
    const result = await work(turn);
    if (turn.state !== entry.value) {
      this.entry = undefined;
      const written = await states.write(schedule.name, entry.version, turn.state);
      if (this.definition.trigger === schedule.trigger) this.entry = written;
    }
    this.dueMs = Math.min(this.dueMs, turn.dueMs);
    for (const event of turn.news) tell(event);
    return result;
  }

  private async read(schedule: Schedule): Promise<Entry<State>> {
    const { entry, isChanged } = await this.parts.states.of(schedule);
    this.entry = entry;
    if (!this.isTold) this.parts.tell(loadedNews(schedule, Date.now(), isChanged));
    this.isTold = true;
    return entry;
  }
}
