import { type Outcome, SignalboxError } from '../../schemas/index.ts';
import { builtinContracts } from '../../src/builtin-contracts.ts';
import type { Event } from '../../src/jobs/events.ts';
import type { JobGroup, JobHandle, JobOutcome } from '../../src/plugin/job-group.ts';
import type { JobDetails, JobKey, JobService, SubmitOptions } from '../../src/plugin/job-service.ts';
import type { Collection } from '../../src/store/collection.ts';
import { createMemoryCollection } from '../../src/store/memory/memory-collection.ts';
import type { Collections } from '../../src/workflow/run-store.ts';
import { readerOf } from './scripted-reader.ts';

/** The answer to an attempt of a task: jobs that end in this way, or an error. */
export type Answer = 'sent' | 'nobody' | 'refused';

/** The results of the attempts of a task. */
export interface Script {
  answerTo(task: string, attempt: number): Answer;
  endOf(task: string, attempt: number, client: string): Outcome;
}

export interface ScriptedJob {
  readonly task: string;
  readonly client: string;
  readonly end: Outcome;
  outcome?: Outcome;
  endedAtMs?: number;
  isCancelled?: boolean;
  isLate?: boolean;
}

export interface ScriptedGroup {
  readonly key: string;
  readonly task: string;
  readonly attempt: number;
  readonly actor: string;
  /** Command, target and arguments: another submission with its key must have the same. */
  readonly asked: string;
  readonly message: string | undefined;
  readonly answer: Answer;
  readonly jobs: ScriptedJob[];
  readonly place: number;
}

const commands = new Map((await builtinContracts()).map((contract) => [contract.name, contract]));
const forever = new Promise<never>(() => {});

/** Jobs and a store that outlive the process of a runner, which dies before or after any of its calls and writes. */
export class ScriptedWorld {
  /** By key, in the order in which they were sent. */
  readonly groups = new Map<string, ScriptedGroup>();
  /** Called before and after each commit; true kills the process. */
  isFatal: () => boolean = () => false;
  /** Called before a submission is accepted: false refuses it for now. */
  isUp: () => boolean = () => true;
  readonly kept: Collections;
  private readonly script: Script;
  private process: { isDead: boolean; onEvent: Set<(event: Event) => void> } = { isDead: true, onEvent: new Set() };

  constructor(script: Script) {
    this.script = script;
    const made = new Map<string, Collection<never>>();
    this.kept = (name) => {
      const collection = made.get(name) ?? createMemoryCollection<never>();
      made.set(name, collection);
      return collection as never;
    };
  }

  get isDead(): boolean {
    return this.process.isDead;
  }

  kill(): void {
    this.process.isDead = true;
  }

  /** A new process; the previous one does nothing any more. */
  start(): { readonly service: JobService; readonly collections: Collections } {
    this.kill();
    const process = { isDead: false, onEvent: new Set<(event: Event) => void>() };
    this.process = process;
    const commit = async <Result>(work: () => Result | Promise<Result>): Promise<Result> => {
      if (process.isDead) return await forever;
      if (this.isFatal()) this.kill();
      if (process.isDead) return await forever;
      const result = await work();
      if (this.isFatal()) this.kill();
      return process.isDead ? await forever : result;
    };
    const collections: Collections = <Value>(name: string): Collection<Value> => {
      const collection = this.kept<Value>(name);
      return {
        ...collection,
        putIfAbsent: (...given) => commit(() => collection.putIfAbsent(...given)),
        compareAndSet: (...given) => commit(() => collection.compareAndSet(...given)),
      };
    };
    return { service: this.serviceOf('owner', process, commit), collections };
  }

  open(): ScriptedJob[] {
    return this.all().filter(({ outcome }) => outcome === undefined);
  }

  all(): ScriptedJob[] {
    return [...this.groups.values()].flatMap(({ jobs }) => jobs);
  }

  end(job: ScriptedJob): void {
    job.outcome = job.isCancelled ? 'cancelled' : job.end;
    job.endedAtMs = Date.now();
    this.tell(job, 'job.settled', job.outcome);
  }

  /** The real outcome of a job that is `lost`. */
  tellLate(job: ScriptedJob): void {
    job.isLate = true;
    this.tell(job, 'job.late', 'completed');
  }

  private tell(job: ScriptedJob, type: 'job.settled' | 'job.late', outcome: Outcome): void {
    const { key, place } = this.groupOf(job);
    const error = outcome === 'completed' ? {} : { error: errorOf(outcome) };
    const about = { id: key, number: place, client: job.client, command: 'calculate', durationMs: 1 };
    const event = { ...about, ...{ type, outcome, ...error, atMs: Date.now() } } as unknown as Event;
    for (const on of this.process.onEvent) on(event);
  }

  private groupOf(job: ScriptedJob): ScriptedGroup {
    const found = [...this.groups.values()].find(({ jobs }) => jobs.includes(job));
    if (!found) throw new Error(`no group has the job of ${job.task}`);
    return found;
  }

  private serviceOf(
    actor: string,
    process: ScriptedWorld['process'],
    commit: <Result>(work: () => Result) => Promise<Result>,
  ): JobService {
    const find = ({ id, client }: JobKey): ScriptedJob => {
      const found = this.groups.get(id)?.jobs.find((job) => job.client === client);
      if (!found) throw new SignalboxError('no_such_job', `there is no job ${id}/${client}`);
      return found;
    };
    const service: Partial<JobService> = {
      commands,
      as: (other) => this.serviceOf(other, process, commit),
      clients: async () => [],
      waitForClients: async () => {},
      output: async () => [],
      submit: (target, contract, args, options = {}) =>
        commit(() => {
          const asked = JSON.stringify([[target].flat(), contract.name, args]);
          return this.submit(asked, [target].flat(), { actor, options, args, process });
        }) as never,
      cancel: async (jobs) => {
        for (const job of jobs) find(job).isCancelled = true;
      },
      get: async (job) => {
        const { outcome, endedAtMs: settledAtMs, isLate } = find(job);
        const late = isLate ? { late: { outcome: 'completed' as const } } : {};
        return { ...job, outcome, settledAtMs, ...late } as JobDetails;
      },
      watch: ({ signal } = {}) => readerOf(process.onEvent, signal),
    };
    return service as JobService;
  }

  private submit(
    asked: string,
    target: readonly string[],
    { actor, options: { key = '' }, args, process }: Submitted,
  ): JobGroup {
    if (!this.isUp()) throw new SignalboxError('unavailable', 'the store cannot be written');
    const known = this.groups.get(key);
    if (known && (known.asked !== asked || known.actor !== actor))
      throw new Error(`${key} was sent as ${known.asked} by ${known.actor}, then as ${asked} by ${actor}`);
    const group = known ?? this.create(key, { target, actor, asked, message: (args as { message?: string }).message });
    this.groups.set(key, group);
    if (group.answer === 'nobody') throw new SignalboxError('no_such_target', 'nobody is there');
    if (group.answer === 'refused') throw new SignalboxError('bad_arguments', 'that cannot be');
    const jobs = group.jobs.map(
      (job): Pick<JobHandle, 'client' | 'outcome'> => ({
        client: job.client,
        outcome: this.ended(job, key, process),
      }),
    );
    return { id: key, number: group.place, jobs } as unknown as JobGroup;
  }

  private create(
    key: string,
    { target, ...given }: { target: readonly string[] } & Pick<ScriptedGroup, 'actor' | 'asked' | 'message'>,
  ): ScriptedGroup {
    const [, , task = '', number = ''] = key.split('/');
    const attempt = Number(number);
    const answer = this.script.answerTo(task, attempt);
    const clients = target.flatMap((one) => one.split(','));
    const jobs = clients.map((client) => ({ task, client, end: this.script.endOf(task, attempt, client) }));
    return { ...given, key, task, attempt, answer, jobs: answer === 'sent' ? jobs : [], place: this.groups.size + 1 };
  }

  /** The outcome of a handle, which dies with its process. */
  private ended(job: ScriptedJob, id: string, { onEvent }: ScriptedWorld['process']): Promise<JobOutcome> {
    const outcomeOf = (outcome: Outcome) =>
      ({ outcome, ...(outcome !== 'completed' && { error: errorOf(outcome) }) }) as JobOutcome;
    if (job.outcome) return Promise.resolve(outcomeOf(job.outcome));
    return new Promise((resolve) => {
      const on = (event: Event): void => {
        if (event.type !== 'job.settled' || event.id !== id || event.client !== job.client) return;
        onEvent.delete(on);
        resolve(outcomeOf(event.outcome));
      };
      onEvent.add(on);
    });
  }
}

interface Submitted {
  readonly actor: string;
  readonly options: SubmitOptions;
  readonly args: unknown;
  readonly process: ScriptedWorld['process'];
}

const errorOf = (outcome: Outcome) => ({ code: 'command_failed' as const, message: `it is ${outcome}`, retry: false });
