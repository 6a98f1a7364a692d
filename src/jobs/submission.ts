import { parsePlaceName } from '../place-name.ts';
import { Batch, type BatchState } from './batch.ts';
import type { JobIds, LocalId } from './job-id.ts';
import type { SecretUse } from './secret-use.ts';

/** A command as submitted to one or more clients. */
export interface Submitted {
  readonly command: string;
  readonly kind: 'control' | 'data';
  readonly args: Record<string, unknown>;
  /** The arguments that an audit log may contain. Default: `args`. */
  readonly auditedArgs?: Readonly<Record<string, unknown>>;
  /** Who submitted it; undefined if it was submitted to another server. */
  readonly actor?: string | undefined;
  readonly expiresInMs?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly traceparent?: string | undefined;
  /** Whether it runs until somebody ends it: see `standing` of the contract. Default: false. */
  readonly standing?: boolean | undefined;
  /** Names of arguments that `auditedArgs` omits or changes. */
  readonly redacted?: readonly string[] | undefined;
  /** Where `args` contain names of secrets. Their values are inserted when the command is sent. */
  readonly secrets?: readonly SecretUse[] | undefined;
  /** Idempotency key of its actor. */
  readonly key?: SubmitKey | undefined;
  /** Limits the number of clients that have it at once. Default: no limit. */
  readonly batch?: BatchState | undefined;
  /** The targets as given, if some of the jobs are places for their clients. */
  readonly targets?: readonly string[] | undefined;
  /** Set if a client listed it, instead of a caller submitting it to this server. */
  readonly origin?: Origin | undefined;
}

/** A key, and the SHA-256 of the request that it was used for. */
export interface SubmitKey {
  readonly key: string;
  readonly askedHash: string;
}

/** The origin of a job that is not in the table: an earlier server over this store, or a server with another store. */
export type Origin = 'own' | 'other';

/** Rarely used properties. */
interface RareFacts {
  readonly expiresAtMs: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly traceparent: string | undefined;
  readonly key: SubmitKey | undefined;
  readonly redacted: readonly string[] | undefined;
  readonly secrets: readonly SecretUse[] | undefined;
  readonly batch: Batch | undefined;
  readonly origin: Origin | undefined;
  readonly targets: readonly string[] | undefined;
}

const noArgs: Record<string, unknown> = Object.freeze({});

/** The common part of all jobs of one command, and these jobs by client. An adopted job has its own submission. */
export class Submission<Job extends { readonly client: string; readonly place: number | undefined }> {
  readonly ids: JobIds;
  readonly localId: LocalId;
  /** The number that people type. */
  readonly number: number;
  /** When it was submitted or listed, in ms since the epoch. Set by the effects, because the table reads no clock. */
  submittedAtMs: number | undefined;
  readonly command: string;
  readonly kind: 'control' | 'data';
  readonly auditedArgs: Readonly<Record<string, unknown>>;
  readonly actor: string | undefined;
  readonly standing: boolean;
  private readonly rare: RareFacts | undefined;
  private sentArgs: Record<string, unknown>;
  /** Most commands have one client and need no map. */
  private jobs: Job | Map<string, Job> | undefined;
  /** Number of unsettled jobs. */
  private open: number;
  /** Clients whose jobs were forgotten; only for a submission with places. */
  private forgotten: Set<string> | undefined;
  /** The next submission in its bucket of the `SubmissionIndex`. */
  nextInBucket: Submission<Job> | undefined;

  /**
   * @param options.clients number of unsettled jobs, all of which will be added.
   * @param options.patienceMs how long a batch waits for absent clients. Default: 0.
   */
  constructor(
    ids: JobIds,
    localId: LocalId,
    submitted: Submitted,
    options: { nowMs: number; clients: number; number: number; submittedAtMs?: number; patienceMs?: number },
  ) {
    const { command, kind, args, auditedArgs = args, actor, expiresInMs, timeoutMs, traceparent } = submitted;
    const { key, redacted, secrets, origin, targets } = submitted;
    this.ids = ids;
    this.localId = localId;
    this.number = options.number;
    this.submittedAtMs = options.submittedAtMs;
    this.command = command;
    this.kind = kind;
    this.sentArgs = args;
    this.auditedArgs = auditedArgs;
    this.actor = actor;
    this.standing = submitted.standing ?? false;
    const isPlain =
      expiresInMs === undefined &&
      timeoutMs === undefined &&
      traceparent === undefined &&
      key === undefined &&
      redacted === undefined &&
      secrets === undefined &&
      submitted.batch === undefined &&
      origin === undefined &&
      targets === undefined;
    const expiresAtMs = expiresInMs === undefined ? undefined : options.nowMs + expiresInMs;
    const batch = submitted.batch && new Batch(submitted.batch, options.nowMs + (options.patienceMs ?? 0));
    this.rare = isPlain
      ? undefined
      : { expiresAtMs, timeoutMs, traceparent, key, redacted, secrets, batch, origin, targets };
    this.jobs = undefined;
    this.open = options.clients;
    this.forgotten = undefined;
    this.nextInBucket = undefined;
  }

  /** The whole id. It is computed because most submissions are kept for a long time and rarely need it. */
  get id(): string {
    return this.ids.full(this.localId);
  }

  /** Empty once no job can be sent any more. */
  get args(): Record<string, unknown> {
    return this.sentArgs;
  }

  get expiresAtMs(): number | undefined {
    return this.rare?.expiresAtMs;
  }

  get timeoutMs(): number | undefined {
    return this.rare?.timeoutMs;
  }

  get traceparent(): string | undefined {
    return this.rare?.traceparent;
  }

  get key(): SubmitKey | undefined {
    return this.rare?.key;
  }

  get redacted(): readonly string[] | undefined {
    return this.rare?.redacted;
  }

  get secrets(): readonly SecretUse[] | undefined {
    return this.rare?.secrets;
  }

  get batch(): Batch | undefined {
    return this.rare?.batch;
  }

  /** Undefined if none of its jobs is a place. */
  get targets(): readonly string[] | undefined {
    return this.rare?.targets;
  }

  /** Undefined if it was submitted to this server, or restored from its store. */
  get origin(): Origin | undefined {
    return this.rare?.origin;
  }

  /** Whether one of its jobs is unsettled. */
  get isOpen(): boolean {
    return this.open > 0;
  }

  /** Whether none of its jobs is known any more. */
  get isForgotten(): boolean {
    return this.jobs === undefined;
  }

  /** @param client name of the client, or of a place, even one that has a client. */
  jobOf(client: string): Job | undefined {
    const { jobs } = this;
    const found = jobs instanceof Map ? jobs.get(client) : jobs;
    if (found?.client === client) return found;
    const place = this.targets && parsePlaceName(client);
    return place === undefined ? undefined : this.all().find((job) => job.place === place);
  }

  /** Whether one of its jobs went to this client. A client gets at most one. */
  hasHad(client: string): boolean {
    return this.jobOf(client) !== undefined || this.forgotten?.has(client) === true;
  }

  /** Its known jobs. */
  all(): Job[] {
    if (this.jobs instanceof Map) return [...this.jobs.values()];
    return this.jobs ? [this.jobs] : [];
  }

  add(job: Job): void {
    const { jobs } = this;
    if (!jobs) this.jobs = job;
    else if (jobs instanceof Map) jobs.set(job.client, job);
    else {
      this.jobs = new Map([
        [jobs.client, jobs],
        [job.client, job],
      ]);
    }
  }

  /** @param before its previous name. */
  renamed(job: Job, before: string): void {
    if (!(this.jobs instanceof Map)) return;
    this.jobs.delete(before);
    this.jobs.set(job.client, job);
  }

  /** One of its jobs was settled. */
  settled(): void {
    this.open -= 1;
    // From now on only `auditedArgs` are needed.
    if (this.open === 0) this.sentArgs = noArgs;
  }

  forget(job: Job): void {
    if (this.targets) {
      this.forgotten ??= new Set();
      this.forgotten.add(job.client);
    }
    if (this.jobs instanceof Map) this.jobs.delete(job.client);
    if (this.jobs === job || (this.jobs instanceof Map && this.jobs.size === 0)) this.jobs = undefined;
  }
}
