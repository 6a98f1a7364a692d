import { SignalboxError } from '../../schemas/index.ts';
import type { JobKey, JobService } from '../plugin/job-service.ts';
import { startTimer } from '../process/timer.ts';
import { sleep } from '../timer.ts';
import type { Workflow } from './load.ts';
import { type Plan, plan, type RunState, type Submission } from './plan.ts';
import type { Head, StoredAttempt, TaskRecord } from './run-record.ts';
import { attemptKey, type RunStore, recordOf, taskKeyOf, type Versioned } from './run-store.ts';
import { sendTask } from './send-task.ts';
import { type JobEnd, takeUp } from './take-up.ts';
import { factsOf } from './task-facts.ts';
import { referencesOf, type TaskLine } from './task-line.ts';
import { endOf, passedBy, progressOf } from './task-states.ts';
import { type TaskFacts, valuesFor } from './values.ts';

/** After a turn that failed, because the store could not be written, say. */
const againMs = 1_000;

/** What a change of a run may look at and write. */
export interface Changing {
  readonly head: Head;
  writeHead(head: Head): Promise<void>;
  recordOf(task: string): TaskRecord;
  writeTask(task: string, record: TaskRecord): Promise<void>;
  plan(): Plan;
}

interface LiveRunOptions {
  readonly service: JobService;
  readonly store: RunStore;
  readonly workflow: Workflow;
  readonly head: Versioned<Head>;
  readonly records: ReadonlyMap<string, Versioned<TaskRecord>>;
}

/**
 * One run in this process. What it does goes in turns, one after the other: what has ended is noted, the run is planned,
 * what is due is sent, and noted. A turn that dies with the process is made again by the next one, under the same keys.
 *
 * Planned: `follow` was called. Closed: by `close`, or when the run has ended; no turn begins then.
 */
export class LiveRun {
  readonly workflow: Workflow;
  private readonly options: LiveRunOptions;
  private readonly passed: ReadonlySet<string>;
  private readonly records: Map<string, Versioned<TaskRecord>>;
  /** By the key of an instance, of its last attempt. */
  private readonly ends = new Map<string, Map<string, JobEnd>>();
  private readonly closing = new AbortController();
  private readonly over = Promise.withResolvers<void>();
  private head: Versioned<Head>;
  private readonly changes: { readonly make: () => Promise<void>; readonly refuse: (error: Error) => void }[] = [];
  private isDue = false;
  private timer: Disposable | undefined;
  private turning: Promise<void> | undefined;
  private readonly cancelledJobs = new Set<string>();
  /** Why the last turn failed. */
  private failure: string | undefined;

  constructor(options: LiveRunOptions) {
    this.options = options;
    this.workflow = options.workflow;
    this.head = options.head;
    this.records = new Map(options.records);
    const { from } = options.head.value;
    this.passed = from ? passedBy(this.workflow.instances, from) : new Set();
  }

  /** Resolves when the run has ended, or was closed before. */
  get ended(): Promise<void> {
    return this.over.promise;
  }

  /** As the store has it. */
  get facts(): { readonly head: Head; readonly problem: string | undefined } {
    return { head: this.head.value, problem: this.failure };
  }

  recordOf(task: string): TaskRecord {
    return recordOf(this.records, this.head.value.run, task).value;
  }

  /** Whether a task counts as completed, because the run began behind it. */
  hasPassed(task: string): boolean {
    return this.passed.has(task);
  }

  plan(nowMs = Date.now()): Plan {
    return plan(this.state(), nowMs);
  }

  /** Begins to carry it out: takes up what an earlier process has sent, and goes on. */
  follow(): void {
    this.wake();
    const open = this.workflow.instances.flatMap(({ key }) => {
      const last = this.recordOf(key).attempts.at(-1);
      return last?.sent && !last.ended ? [{ key, ...last.sent }] : [];
    });
    const taskOf = new Map(open.map(({ id, key }) => [id, key]));
    const jobs = open.flatMap(({ id, clients }) => clients.map((client) => ({ id, client })));
    if (jobs.length > 0) void this.takeUp(jobs, taskOf);
  }

  /** Changes what is stored of the run, between two turns, and plans it. */
  async change(make: (run: Changing) => Promise<void>): Promise<void> {
    if (this.closing.signal.aborted) throw this.hasEnded();
    const done = Promise.withResolvers<void>();
    const changing = {
      head: this.head.value,
      writeHead: (head: Head) => this.writeHead(head),
      recordOf: (task: string) => this.recordOf(task),
      writeTask: (task: string, record: TaskRecord) => this.writeTask(task, record),
      plan: () => this.plan(),
    };
    this.changes.push({ make: () => make(changing).then(done.resolve, done.reject), refuse: done.reject });
    this.wake();
    await done.promise;
  }

  /** Ends what this process does for it. The run goes on in the next one. */
  async close(): Promise<void> {
    this.closing.abort();
    this.timer?.[Symbol.dispose]();
    await this.turning;
    this.over.resolve();
  }

  private wake(): void {
    this.timer?.[Symbol.dispose]();
    this.timer = undefined;
    this.isDue = true;
    this.turning ??= this.turns();
  }

  private async turns(): Promise<void> {
    try {
      while (this.isDue && !this.closing.signal.aborted) {
        this.isDue = false;
        for (const change of this.changes.splice(0)) await change.make();
        await this.turn();
        this.failure = undefined;
      }
    } catch (error) {
      this.isDue = false;
      this.failure = SignalboxError.from(error, 'internal').message;
      this.wakeIn(againMs);
    }
    this.turning = undefined;
    if (!this.closing.signal.aborted) return;
    for (const { refuse } of this.changes.splice(0)) refuse(this.hasEnded());
  }

  private async turn(): Promise<void> {
    await this.noteEnds();
    const planned = this.plan();
    const sent = await Promise.allSettled(planned.submissions.map((submission) => this.send(submission, planned)));
    for (const one of sent) if (one.status === 'rejected') throw one.reason;
    const { cancelled } = this.head.value;
    if (cancelled) await this.cancelOpen(cancelled.actor);
    if (planned.end && planned.submissions.length === 0) {
      if (!this.head.value.end) {
        await this.writeHead({ ...this.head.value, end: { outcome: planned.end, atMs: Date.now() } });
      }
      this.closing.abort();
      this.over.resolve();
    } else if (planned.wakeAtMs !== undefined) this.wakeIn(planned.wakeAtMs - Date.now());
  }

  private async noteEnds(): Promise<void> {
    await Promise.all(
      [...this.ends].map(async ([task, ends]) => {
        const record = this.recordOf(task);
        const ended = endOf(record, ends);
        if (!ended) return;
        await this.writeTask(task, { ...record, attempts: [...record.attempts.slice(0, -1), ended] });
        this.ends.delete(task);
      }),
    );
  }

  private async send(submission: Submission, { states }: Plan): Promise<void> {
    const { instance, attempt, isAsked } = submission;
    const { run, actsAs } = this.head.value;
    const line = this.workflow.lines.get(instance.task);
    if (!line) return;
    const service = this.options.service.as(actsAs);
    const find = valuesFor(instance, {
      run: this.runFacts(),
      ...{ states, instances: this.workflow.instances },
      facts: await this.factsFor(line, service),
    });
    const key = attemptKey(run, instance.key, attempt);
    const sent = await sendTask(submission, { line, key, find, service });
    const made: StoredAttempt = { actor: actsAs, atMs: Date.now(), ...(isAsked && { isAsked }) };
    const record = this.recordOf(instance.key);
    if ('error' in sent) {
      await this.writeTask(instance.key, { ...record, attempts: [...record.attempts, { ...made, unsent: sent }] });
      this.isDue = true;
      return;
    }
    const { id, number, jobs } = sent;
    const ends = new Map<string, JobEnd>();
    this.ends.set(instance.key, ends);
    const clients = jobs.map(({ client }) => client);
    await this.writeTask(instance.key, {
      ...record,
      attempts: [...record.attempts, { ...made, sent: { id, number, clients } }],
    });
    for (const { client, outcome } of jobs) {
      void outcome.then((ended) => {
        const error = ended.outcome === 'completed' ? undefined : ended.error.message;
        ends.set(client, { outcome: ended.outcome, atMs: Date.now(), ...(error !== undefined && { error }) });
        if (!this.closing.signal.aborted) this.wake();
      });
    }
  }

  private async takeUp(jobs: readonly JobKey[], taskOf: ReadonlyMap<string, string>): Promise<void> {
    const { service } = this.options;
    for (const task of taskOf.values()) this.ends.set(task, new Map());
    const { signal } = this.closing;
    const onEnd = ({ id, client }: JobKey, end: JobEnd): void => {
      this.ends.get(taskOf.get(id) ?? '')?.set(client, end);
      this.wake();
    };
    while (!signal.aborted) {
      try {
        return await takeUp(service, jobs, { signal, onEnd });
      } catch (error) {
        this.failure = SignalboxError.from(error, 'internal').message;
        await sleep(againMs, signal);
      }
    }
  }

  /** Asks each client once; again in the next process. */
  private async cancelOpen(actor: string): Promise<void> {
    const open = this.workflow.instances.flatMap(({ key }) => {
      const last = this.recordOf(key).attempts.at(-1);
      if (!last?.sent || last.ended) return [];
      const { id, clients } = last.sent;
      return clients.filter((client) => !this.ends.get(key)?.has(client)).map((client) => ({ id, client }));
    });
    for (const job of open.filter(({ id, client }) => !this.cancelledJobs.has(`${id}/${client}`))) {
      this.cancelledJobs.add(`${job.id}/${job.client}`);
      // One that has ended meanwhile, and is forgotten.
      await this.options.service
        .as(actor)
        .cancel([job])
        .catch(() => {});
    }
  }

  private async factsFor(line: TaskLine, service: JobService): Promise<Map<string, TaskFacts>> {
    const { instances } = this.workflow;
    const wanted = referencesOf(line).filter(({ reference: { path } }) => path[1] !== 'outcome');
    const tasks = new Set(wanted.map(({ reference }) => reference.path[0]));
    const own = instances.filter(({ task }) => tasks.has(task));
    return new Map(
      await Promise.all(
        own.map(async ({ key }) => [key, await factsOf(service, this.recordOf(key).attempts)] as const),
      ),
    );
  }

  private runFacts() {
    const { run, workflow, plannedAtMs, params } = this.head.value;
    const planned = plannedAtMs === undefined ? {} : { plannedAt: new Date(plannedAtMs).toISOString() };
    return { id: String(run), workflow, params, ...planned };
  }

  private state(): RunState {
    const { instances, definition } = this.workflow;
    const progress = instances.map(({ key }) => {
      const record = progressOf(this.recordOf(key), this.ends.get(key));
      return [key, this.passed.has(key) ? { ...record, isPassed: true } : record] as const;
    });
    return {
      instances,
      progress: new Map(progress),
      parallel: definition.parallel,
      isCancelled: this.head.value.cancelled !== undefined,
    };
  }

  private hasEnded(): SignalboxError {
    return new SignalboxError('closed', `run ${this.head.value.run} has ended`);
  }

  private async writeHead(head: Head): Promise<void> {
    this.head = await this.options.store.writeHead(this.head, head);
  }

  private async writeTask(task: string, record: TaskRecord): Promise<void> {
    const { run } = this.head.value;
    const before = recordOf(this.records, run, task);
    this.records.set(taskKeyOf(run, task), await this.options.store.writeTask(run, task, before, record));
  }

  private wakeIn(ms: number): void {
    if (this.closing.signal.aborted) return;
    this.timer?.[Symbol.dispose]();
    this.timer = startTimer(ms, () => this.wake());
  }
}
