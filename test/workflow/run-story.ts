import { expect, vi } from 'vitest';
import type { Head } from '../../src/workflow/run-record.ts';
import { RunStore, taskKeyOf } from '../../src/workflow/run-store.ts';
import { Runner } from '../../src/workflow/runner.ts';
import { createRandom, type Random } from '../support/random.ts';
import { type Asked, at, endsOf, type Fate, textOf } from './run-model.ts';
import { ScriptedWorld } from './scripted-jobs.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A run in a world whose runner dies sometimes, while people answer, retry and cancel. */
export class RunStory {
  readonly asked = new Map<number, Asked[]>();
  readonly answered = new Map<number, number>();
  readonly counts = { deaths: 0, retries: 0, cancels: 0, late: 0 };
  private readonly fates: readonly Fate[];
  private readonly random: Random;
  private readonly world: ScriptedWorld;
  private runner: Runner | undefined;
  private isCancelled = false;

  constructor(fates: readonly Fate[], seed: number) {
    this.fates = fates;
    this.random = createRandom(seed);
    this.world = new ScriptedWorld({
      answerTo: (task, attempt) => at(this.fateOf(task).answers, attempt - 1, 'sent'),
      endOf: (task, attempt, client) =>
        at(this.fateOf(task).ends[Number(client.slice(1))] ?? [], attempt - 1, 'completed'),
    });
    this.world.isFatal = () => this.happens(0.04);
    this.world.isUp = () => !this.happens(0.02);
  }

  async play({ cancels }: { readonly cancels: boolean }): Promise<void> {
    for (let step = 0; step < 5_000; step += 1) {
      await settled();
      if (this.world.isDead) {
        await this.restart();
        continue;
      }
      const head = await this.head();
      if (!head) this.begin();
      else if (head.end) {
        this.check(head);
        if (!this.happens(0.5) || head.end.outcome === 'completed' || this.counts.retries > 3) return;
        await this.retry(undefined);
      } else await this.something(cancels);
    }
    throw new Error('the run has no end');
  }

  private async something(cancels: boolean): Promise<void> {
    const open = this.world.open();
    const asking = (await this.states()).filter(({ state }) => state === 'asking');
    const chance = this.random.next();
    if (chance < 0.05) this.world.kill();
    else if (chance < 0.1) await this.retryOne();
    else if (chance < 0.2) this.tellLate();
    else if (chance < 0.23 && cancels) await this.cancel();
    else if (chance < 0.6 && asking.length > 0) await this.answer(this.random.pick(asking as never));
    else if (open.length > 0) this.world.end(this.random.pick(open as never));
    else await vi.advanceTimersToNextTimerAsync();
  }

  private async restart(): Promise<void> {
    this.counts.deaths += 1;
    const { service, collections } = this.world.start();
    const store = new RunStore(collections, { keepMs: 1_000_000 });
    this.runner = new Runner({ service, store, startedAtMs: Date.now(), folder: undefined, tell() {} });
    const stuck: string[] = [];
    await this.orDead(this.runner.resume((sentence) => stuck.push(sentence)));
    expect(stuck).toEqual([]);
  }

  private begin(): void {
    const text = textOf(this.fates);
    void this.running.run({ source: { text, file: 'flow.yaml' } }, this.as('ana')).catch(() => {});
  }

  private async answer({ task }: { readonly task: string }): Promise<void> {
    const index = indexOf(task);
    const before = this.answered.get(index) ?? 0;
    const answer = at(this.fateOf(task).approvals, before, true) ? 'approved' : 'refused';
    await this.orDead(this.running.approve({ run: 1, task, answer }, this.as('eva')));
    const record = (await this.store().tasksOf(1)).get(taskKeyOf(1, task));
    const { round = 0 } = record?.value.approval ?? { round: -1 };
    const head = await this.head();
    if (record && round === (head?.again?.[task]?.round ?? 0)) this.answered.set(index, before + 1);
  }

  private async retryOne(): Promise<void> {
    const tasks = await this.states();
    if (tasks.length > 0) await this.retry(this.random.pick(tasks as never as [{ task: string }]).task);
  }

  /** Whether it was made depends on what was stored, because the caller may have died. */
  private async retry(task: string | undefined): Promise<void> {
    const before = await this.head();
    const states = await this.states();
    const actor = this.random.pick(['ana', 'ben']);
    const counts = this.fates.map((_, index) => ({
      attempts: Math.max(0, ...this.groupsOf(index).map(({ attempt }) => attempt)),
      answers: this.answered.get(index) ?? 0,
    }));
    await this.orDead(this.running.retry({ run: 1, ...(task !== undefined && { task }) }, this.as(actor)));
    const after = await this.head();
    const isSame = JSON.stringify(after?.again) === JSON.stringify(before?.again);
    if (isSame && (!before?.cancelled || after?.cancelled)) return;
    this.counts.retries += 1;
    this.isCancelled = false;
    const again = new Set<number>();
    const fresh = new Set<number>();
    for (const [index, { needs }] of this.fates.entries()) {
      const state = states[index]?.state ?? '';
      const isAsked = task === undefined ? !['completed', 'skipped'].includes(state) : task === `t${index}`;
      if (needs.some((need) => again.has(need))) fresh.add(index);
      if (!isAsked && !fresh.has(index)) continue;
      again.add(index);
      const { answers = 0 } = counts[index] ?? {};
      const { asked, from = 0 } = after?.again?.[`t${index}`] ?? {};
      // A submission that was due may have come before it; one that reached no client may not have counted.
      const attempts = asked ?? from;
      expect(attempts - (counts[index]?.attempts ?? 0)).toBeOneOf([-1, 0, 1]);
      const list = this.asked.get(index) ?? [];
      this.asked.set(index, [...list, { isFresh: fresh.has(index), attempts, answers }]);
      expect(after?.again?.[`t${index}`]?.actor).toBe(actor);
    }
  }

  private async cancel(): Promise<void> {
    await this.orDead(this.running.cancel({ run: 1 }, this.as('ana')));
    if (!(await this.head())?.cancelled) return;
    this.counts.cancels += 1;
    this.isCancelled = true;
  }

  private tellLate(): void {
    const lost = this.world.all().filter(({ outcome, isLate }) => outcome === 'lost' && !isLate);
    if (lost.length === 0) return;
    this.counts.late += 1;
    this.world.tellLate(this.random.pick(lost as never));
  }

  private check({ end, again = {} }: Head): void {
    const wanted = endsOf(this.fates, (task) => this.asked.get(task) ?? []);
    expect(this.world.open()).toEqual([]);
    for (const [index, { retries, needs }] of this.fates.entries()) {
      const groups = this.groupsOf(index);
      expect(groups.map(({ attempt }) => attempt)).toEqual(groups.map((_, place) => place + 1));
      const starts = [0, ...(this.asked.get(index) ?? []).map(({ attempts }) => attempts), groups.length];
      for (const [place, start] of starts.entries()) {
        const next = starts[place + 1] ?? start;
        expect(next - start).toBeLessThanOrEqual(1 + retries);
      }
      const last = groups.at(-1);
      if (!last || !this.isOfNow(index) || this.counts.cancels > 0 || wanted[index] === 'skipped') continue;
      expect(last.actor).toBe(again[`t${index}`]?.actor ?? 'ana');
      for (const need of needs) {
        expect(last.place).toBeGreaterThan(this.groupsOf(need).at(-1)?.place ?? 0);
      }
    }
    if (this.isCancelled) expect(end?.outcome).toBe('cancelled');
    else if (this.counts.cancels === 0)
      expect(end?.outcome).toBe(
        wanted.every((one) => one === 'completed' || one === 'skipped') ? 'completed' : 'failed',
      );
  }

  /** The reported state of the tasks, and the state in the model. */
  async ends(): Promise<{ told: readonly string[]; wanted: readonly string[] } | undefined> {
    // The result that a cancelled job would have had is unknown.
    if (this.counts.cancels > 0) return undefined;
    const told = (await this.states()).map(({ state }) => state);
    return { told, wanted: endsOf(this.fates, (task) => this.asked.get(task) ?? []) };
  }

  /** Values are those of the needs at their end. */
  values(wanted: readonly string[]): { readonly sent: readonly string[]; readonly wanted: readonly string[] } {
    const sent: string[] = [];
    const right: string[] = [];
    for (const [index, { needs }] of this.fates.entries()) {
      const last = this.groupsOf(index).at(-1);
      if (!last || !this.isOfNow(index) || wanted[index] === 'skipped' || needs.length === 0) continue;
      sent.push(last.message ?? '');
      right.push(needs.map((need) => wanted[need]).join(' '));
    }
    return { sent, wanted: right };
  }

  /** Whether it was sent since it, or a task that it needs, was retried: it may have been refused then. */
  private isOfNow(index: number): boolean {
    return this.groupsOf(index).length > (this.asked.get(index)?.at(-1)?.attempts ?? 0);
  }

  private groupsOf(index: number) {
    return [...this.world.groups.values()].filter(({ task }) => task === `t${index}`);
  }

  private async states() {
    return (await this.running.show({ run: 1 })).tasks;
  }

  private async head(): Promise<Head | undefined> {
    return (await this.store().list(1, undefined))[0];
  }

  private store(): RunStore {
    return new RunStore(this.world.kept, { keepMs: 1_000_000 });
  }

  private get running(): Runner {
    if (!this.runner) throw new Error('there is no runner');
    return this.runner;
  }

  private fateOf(task: string): Fate {
    const found = this.fates[indexOf(task)];
    if (!found) throw new Error(task);
    return found;
  }

  private as(actor: string) {
    return { actor, service: undefined as never, signal: new AbortController().signal, seesJob: () => true };
  }

  private happens(chance: number): boolean {
    return this.random.next() < chance;
  }

  /** Resolves when it has ended in any way, or cannot end any more: its process is dead, or waits for a clock. */
  private async orDead(work: Promise<unknown>): Promise<void> {
    let isOver = false;
    const over = work
      .then(
        () => {},
        () => {},
      )
      .then(() => {
        isOver = true;
      });
    void over;
    while (!isOver && !this.world.isDead) {
      await settled();
      if (!isOver && !this.world.isDead) await vi.advanceTimersByTimeAsync(10);
    }
    await settled();
  }
}

const indexOf = (task: string): number => Number(task.slice(1));
