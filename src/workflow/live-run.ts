import { SignalboxError } from '../../schemas/index.ts';
import { keyText } from '../place-name.ts';
import type { Acting } from '../plugin/acting.ts';
import type { JobService } from '../plugin/job-service.ts';
import type { Workflow } from './load.ts';
import { OpenJobs } from './open-jobs.ts';
import { type Plan, plan, type Submission, type TaskState } from './plan.ts';
import { RunNews, type WorkflowNews } from './run-news.ts';
import type { Head, StoredAttempt, TaskRecord } from './run-record.ts';
import type { RunRecords } from './run-records.ts';
import { attemptKey } from './run-store.ts';
import type { SecretRefusal } from './secret-refusal.ts';
import { sendTask } from './send-task.ts';
import { valuesForLine } from './task-facts.ts';
import { endOf, passedBy, progressOf } from './task-states.ts';
import { Turns } from './turns.ts';

/** Delay before a task is sent again whose clients may still connect, in ms. */
const laterMs = 500;

interface LiveRunOptions {
  readonly service: JobService;
  readonly workflow: Workflow;
  readonly records: RunRecords;
  readonly secretRefusal: SecretRefusal;
  readonly acting: Acting;
  /** Called with each event. */
  readonly tell: (event: WorkflowNews) => void;
}

/**
 * One run in this process. It works in sequential turns: it records ended jobs, plans the run, sends due tasks, and records
 * them. If the process dies during a turn, the next process repeats it with the same keys.
 *
 * Passive until `follow` is called; changes wait for that. Closed by `close`, or when the run has ended: then no turn
 * begins.
 */
export class LiveRun {
  readonly workflow: Workflow;
  readonly news: RunNews;
  /** Whether an unknown client may still connect. Then a task whose target matches nobody is sent again. */
  mayComeLater: () => boolean = () => false;
  private readonly service: JobService;
  readonly records: RunRecords;
  private readonly secretRefusal: SecretRefusal;
  private readonly acting: Acting;
  private readonly jobs: OpenJobs;
  private readonly passed: ReadonlySet<string>;
  private readonly turns = new Turns(
    () => this.turn(),
    () => new SignalboxError('closed', `run ${this.head.run} has ended`),
  );
  private readonly over = Promise.withResolvers<void>();

  constructor({ service, workflow, records, secretRefusal, acting, tell }: LiveRunOptions) {
    this.service = service;
    this.workflow = workflow;
    this.records = records;
    this.secretRefusal = secretRefusal;
    this.acting = acting;
    this.jobs = new OpenJobs({ service, signal: this.turns.signal, onEnd: () => this.turns.wake() });
    const self = this;
    this.news = new RunNews(
      {
        instances: workflow.instances,
        get head() {
          return self.head;
        },
        roundOf: (task) => this.records.roundOf(task),
      },
      tell,
    );
    const { from } = records.head;
    this.passed = from ? passedBy(workflow.instances, from) : new Set();
  }

  /** Resolves when the run has ended or was closed. */
  get ended(): Promise<void> {
    return this.over.promise;
  }

  /** As stored. */
  get head(): Head {
    return this.records.head;
  }

  /** Why the run cannot continue. */
  get problem(): string | undefined {
    return this.turns.failure;
  }

  /** Whether a task counts as completed because the run began after it. */
  hasPassed(task: string): boolean {
    return this.passed.has(task);
  }

  plan(nowMs = Date.now()): Plan {
    const { instances, definition } = this.workflow;
    const progress = instances.map(({ key }) => {
      const known = progressOf(this.records.roundOf(key), this.jobs.endsOf(key));
      return [key, this.passed.has(key) ? { ...known, isPassed: true } : known] as const;
    });
    const isCancelled = this.head.cancelled !== undefined;
    return plan({ instances, progress: new Map(progress), parallel: definition.parallel, isCancelled }, nowMs);
  }

  /** Starts the run: follows the jobs that an earlier process has sent, and continues. */
  follow(): void {
    const sent = this.workflow.instances.flatMap(({ key }) => {
      const last = this.records.taskOf(key).attempts.at(-1);
      return last?.sent && !last.ended ? [[key, last.sent] as const] : [];
    });
    void this.jobs.takeUp(new Map(sent), (sentence) => {
      this.turns.failure = sentence;
    });
    this.turns.begin();
  }

  /** Checks whether actors were removed. */
  look(): void {
    this.turns.wake();
  }

  /**
   * Changes the stored data of the run between two turns, and plans it.
   * @throws SignalboxError `closed` if it has ended; the error of the previous turn if that failed.
   */
  async change(make: (records: RunRecords) => Promise<void>): Promise<void> {
    await this.turns.change(() => make(this.records));
  }

  /** Ends the work of this process on it. The next process continues the run. */
  async close(): Promise<void> {
    await this.turns.close();
    this.over.resolve();
  }

  private async turn(): Promise<void> {
    // Record everything that the plan is based on, so that a later process plans the same: no await between the last check and
    // the plan.
    do {
      await Promise.all(this.unnoted().map(({ task, record }) => this.noteEnd(task, record)));
      await this.noteGone();
    } while (this.unnoted().length > 0);
    const planned = this.plan();
    const sent = await Promise.allSettled(planned.submissions.map((submission) => this.send(submission, planned)));
    for (const one of sent) if (one.status === 'rejected') throw one.reason;
    this.news.planned(planned);
    if (this.head.cancelled) await this.jobs.cancel(this.head.cancelled.actor);
    if (planned.end && planned.submissions.length === 0) {
      await this.records.writeHead({ ...this.head, end: { outcome: planned.end, atMs: Date.now() } });
      this.news.ended(planned.end, planned);
      this.turns.end();
      this.over.resolve();
    } else if (planned.wakeAtMs !== undefined) this.turns.wakeIn(planned.wakeAtMs - Date.now());
  }

  /** Tasks whose jobs have all ended, which is not recorded yet. */
  private unnoted(): { readonly task: string; readonly record: TaskRecord }[] {
    return this.jobs.tasks().flatMap((task) => {
      const record = this.records.taskOf(task);
      const last = endOf(record, this.jobs.endsOf(task));
      return last ? [{ task, record: { ...record, attempts: [...record.attempts.slice(0, -1), last] } }] : [];
    });
  }

  /** Records the actors for whom nothing more is sent, because plans depend only on stored data. */
  private async noteGone(): Promise<void> {
    const { states, submissions } = this.plan();
    const due = new Set(submissions.map(({ instance }) => instance.key));
    const { head } = this;
    const gone = { ...head.gone };
    for (const { key } of this.workflow.instances) {
      const { state = 'waiting' } = states.get(key) ?? {};
      if (!isOpen(state) && !due.has(key)) continue;
      const { actor, stopReason } = this.records.roundOf(key);
      const reason = stopReason === undefined ? this.acting.goneReason(actor) : undefined;
      if (reason !== undefined) gone[actor] ??= { reason, atMs: Date.now() };
    }
    if (Object.keys(gone).length > Object.keys(head.gone ?? {}).length) await this.records.writeHead({ ...head, gone });
  }

  private async noteEnd(task: string, record: TaskRecord): Promise<void> {
    await this.records.writeTask(task, record);
    this.jobs.forget(task);
  }

  private async send(submission: Submission, { states }: Plan): Promise<void> {
    const { instance, attempt, isAsked } = submission;
    const { run } = this.head;
    const { actor } = this.records.roundOf(instance.key);
    const line = this.workflow.lines.get(instance.task);
    if (!line) return;
    const service = this.service.as(actor);
    const find = await valuesForLine(line, instance, {
      ...{ service, states, head: this.head, instances: this.workflow.instances },
      attemptsOf: (task) => this.records.roundOf(task).attempts,
    });
    const sent = await sendTask(submission, {
      ...{ line, key: attemptKey(run, instance.key, attempt), find, service },
      secretRefusal: (secret) => this.secretRefusal(secret, this.head.workflow),
    });
    const made: StoredAttempt = { actor, atMs: Date.now(), ...(isAsked && { isAsked }) };
    if ('error' in sent) {
      // The actor was removed meanwhile; the next turn reports it.
      if (this.acting.goneReason(actor) !== undefined) return this.turns.wake();
      if (sent.outcome === 'rejected' && this.mayComeLater()) return this.turns.wakeIn(laterMs);
      await this.note(instance.key, { ...made, unsent: sent });
      return this.turns.wake();
    }
    const { id, number, jobs } = sent;
    this.jobs.follow(instance.key, sent);
    await this.note(instance.key, { ...made, sent: { id, number, clients: jobs.map(keyText) } });
  }

  private async note(task: string, attempt: StoredAttempt): Promise<void> {
    const record = this.records.taskOf(task);
    await this.records.writeTask(task, { ...record, attempts: [...record.attempts, attempt] });
  }
}

/** Whether it may be sent later. */
const isOpen = (state: TaskState['state']): boolean => state === 'waiting' || state === 'asking' || state === 'delayed';
