import type { Outcome } from '../../schemas/index.ts';
import type { BatchState } from '../jobs/batch.ts';
import type { Settlement } from '../jobs/settlement.ts';
import type { OutputRun } from '../kept-output.ts';

/**
 * The common part of the jobs of one `submit`. Values in it, and in results, are JSON and bytes. An adopted job has its
 * own submission.
 */
export interface StoredSubmission {
  /** The number that people type. It increases by one within a store, from 1. */
  readonly number: number;
  /** The whole id: epoch and counter. */
  readonly id: string;
  readonly command: string;
  readonly kind: 'control' | 'data';
  /** Complete until all of its jobs are settled, then empty. */
  readonly args: Readonly<Record<string, unknown>>;
  /** The arguments that an audit log may contain: see `auditArgs` of the contract. */
  readonly auditedArgs: Readonly<Record<string, unknown>>;
  /** Names of the arguments that `auditedArgs` omits or changes. Undefined if there are none. */
  readonly redacted: readonly string[] | undefined;
  /** Undefined for adopted jobs. */
  readonly actor: string | undefined;
  /** Idempotency key of its actor. */
  readonly key: StoredKey | undefined;
  /** In ms since the epoch, like all times of a store. */
  readonly submittedAtMs: number;
  readonly expiresAtMs: number | undefined;
  /** Maximum run time, in ms. */
  readonly timeoutMs: number | undefined;
  readonly traceparent: string | undefined;
  /** Whether it runs until somebody ends it. */
  readonly standing: boolean;
  /** State of its batch. Jobs without a `bootId` have not had their turn. Undefined without `batch`. */
  readonly batch: BatchState | undefined;
  /** The targets, as given, whose clients may take its places. Undefined if it has no places. */
  readonly targets: readonly string[] | undefined;
}

/** An idempotency key. */
export interface StoredKey {
  readonly key: string;
  /** SHA-256 of the request, in hexadecimal. The same key for another request is refused. */
  readonly askedHash: string;
}

/** One command on one client. */
export interface StoredJob {
  readonly submission: StoredSubmission;
  /** Name of the client; `#1` and so on for a place without a client. */
  readonly client: string;
  /** Number of the place that it began as. */
  readonly place: number | undefined;
  /** The whole id under which a place, or a job of a batch, was sent to its client. Undefined: that of its submission. */
  readonly sentAs: string | undefined;
  /** Labels that the keys vouched for when its client received it. Undefined if there were none. */
  readonly vouched: Readonly<Record<string, string>> | undefined;
  /** Boot id of the client process that it was sent to, or is about to be sent to. Undefined: none. See `unknownBoot`. */
  readonly bootId: string | undefined;
  /** Whether it was started for a server with another store. */
  readonly adopted: boolean;
  /** Whether a later process of its client recovered it. */
  readonly takenUp: boolean;
  /** Whether somebody has asked for its end. */
  readonly cancelRequested: boolean;
  readonly settledAtMs: number | undefined;
  /** Its outcome. Undefined until it is settled. */
  readonly settlement: Settlement | undefined;
  /** The outcome that arrived after the job was settled as `lost`. */
  readonly late: Settlement | undefined;
}

/** Identifies a job. */
export interface StoredJobKey {
  /** The whole id. For reading, `sentAs` is also valid. */
  readonly id: string;
  /** For reading, `#1` is also valid for a place that has a client. */
  readonly client: string;
}

/** A client that the store has recorded. */
export interface StoredClient {
  readonly name: string;
  /** Boot id of its newest process. */
  readonly bootId: string;
  /** Its owner chose its name, so it is expected until it is forgotten. */
  readonly named: boolean;
  /** When it was last connected, in ms since the epoch. */
  readonly seenAtMs: number;
  /** Its description. Absent if it has none. */
  readonly about?: ClientAbout;
}

/** How a client describes itself. */
export interface ClientAbout {
  readonly labels: Readonly<Record<string, string>>;
  readonly facts: Readonly<Record<string, string>>;
}

/**
 * One change. The changes of a batch are applied in order. A job is submitted before it is bound, and bound before it
 * is settled. A place is identified by its number until it has a client, and by the client from then on. `settled` has
 * the output to keep. A job keeps its first outcome. A change that is no longer possible, or of an unknown job, has no
 * effect.
 */
export type Change =
  /** `jobs` are new. They may already have a `bootId`. */
  | { readonly type: 'submitted'; readonly submission: StoredSubmission; readonly jobs: readonly StoredJob[] }
  /**
   * A place, identified by `job`, gets a client and is thereby bound. It has no effect if the place has a client, or
   * the client has another job of the submission.
   */
  | {
      readonly type: 'placed';
      readonly job: StoredJobKey;
      readonly client: string;
      readonly bootId: string;
      readonly sentAs: string;
      readonly vouched: Readonly<Record<string, string>> | undefined;
    }
  | {
      readonly type: 'bound';
      readonly job: StoredJobKey;
      readonly bootId: string;
      /** Set if it is sent under an id other than that of its submission. */
      readonly sentAs?: string | undefined;
    }
  | { readonly type: 'cancel-requested'; readonly job: StoredJobKey }
  | {
      readonly type: 'settled';
      readonly job: StoredJobKey;
      readonly settlement: Settlement;
      readonly atMs: number;
      readonly output: readonly OutputRun[];
      /** Whether it was the last job of its submission to settle: then `args` are deleted. */
      readonly isLast: boolean;
    }
  | {
      readonly type: 'late';
      readonly job: StoredJobKey;
      readonly settlement: Settlement;
      readonly output: readonly OutputRun[];
    }
  /** The state of the batch of this job's submission. */
  | { readonly type: 'batch'; readonly job: StoredJobKey; readonly batch: BatchState }
  | { readonly type: 'client'; readonly client: StoredClient }
  | { readonly type: 'client-forgotten'; readonly name: string };

/** Selects stored jobs, newest first. Default: all. */
export interface StoredJobFilter {
  readonly client?: string;
  readonly command?: string;
  readonly outcomes?: readonly Outcome[];
  readonly actor?: string;
  readonly kind?: 'control' | 'data';
  /** Jobs submitted at or after this time, in ms since the epoch. */
  readonly sinceMs?: number;
  /** Only jobs without an outcome. */
  readonly unsettled?: boolean;
  /** Only jobs of this submission. */
  readonly number?: number;
  /** Only jobs of the submission with this whole id. */
  readonly id?: string;
}
