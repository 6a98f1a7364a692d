import type { ScheduleView } from '../plugin/schedule-calls.ts';
import type { Entry } from '../store/collection.ts';
import type { Runner } from './runner.ts';
import { nextTimes } from './schedule.ts';
import { loadedNews, nextShown, pauseNews, type ScheduleNews } from './schedule-news.ts';
import type { ScheduleStates, State } from './schedule-states.ts';
import { ScheduleTurn } from './schedule-turn.ts';
import { type Schedule, whenOf } from './schedules.ts';

/** After a turn that failed, because the store could not be written, say. */
const againMs = 1_000;

interface Parts {
  readonly runner: Runner;
  readonly states: ScheduleStates;
  readonly tell: (event: ScheduleNews) => void;
  readonly warn: (sentence: string) => void;
}

/**
 * One schedule in this process. What happens to it happens in turns, one after the other: something is decided and
 * carried out, then stored, then told. A turn that dies with the process is made again by the next one: a run is found
 * by its schedule and time.
 */
export class LiveSchedule {
  /** When it has to be looked at, by the clock. */
  dueMs = 0;
  private readonly parts: Parts;
  private definition: Schedule;
  /** As the store has it, once it was read. */
  private entry: Entry<State> | undefined;
  private isTold = false;
  private turns: Promise<unknown> = Promise.resolve();
  /** Turns that have not ended. */
  private open = 0;

  constructor(schedule: Schedule, parts: Parts) {
    this.definition = schedule;
    this.parts = parts;
  }

  get schedule(): Schedule {
    return this.definition;
  }

  /** With another trigger it begins anew. */
  replace(schedule: Schedule): void {
    const isSame = JSON.stringify(this.definition.trigger) === JSON.stringify(schedule.trigger);
    this.definition = schedule;
    if (!isSame) this.reload();
  }

  /** It is looked at as if this process had not known it. */
  reload(): void {
    this.entry = undefined;
    this.isTold = false;
    this.dueMs = 0;
  }

  /** One of its runs has ended. @returns whether something waits for that. */
  wake(): boolean {
    const { queuedMs, queuedFor = {}, backfill } = this.entry?.value ?? {};
    const hasWaiting = queuedMs !== undefined || backfill !== undefined || Object.keys(queuedFor).length > 0;
    // What a turn has just begun to wait for may have ended before it is stored.
    if (this.entry && this.open === 0 && !hasWaiting) return false;
    this.dueMs = 0;
    return true;
  }

  /** Decides what has come, and starts what can. */
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
      // What has come until now is decided as it was.
      await turn.decideTimes(Date.now());
      if (turn.state.paused) return;
      turn.dropWaiting('paused', { withBackfill: false });
      turn.state = { ...turn.state, paused: { actor, atMs: Date.now() } };
      turn.news.push(pauseNews(turn.schedule, 'schedule.paused', actor));
    });
  }

  /** What was planned meanwhile is not made up for. */
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

  /** What waits is not started. */
  async cancel(): Promise<void> {
    await this.inTurn(async (turn) => turn.dropWaiting('cancelled', { withBackfill: true }));
  }

  /** Does something to it between two others. */
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

  /** @param next how many times that come. */
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
