import type { Outcome } from '../../schemas/index.ts';
import type { BatchState } from '../jobs/batch.ts';
import type { Settlement } from '../jobs/settlement.ts';
import type { OutputRun } from '../kept-output.ts';

/** What one `submit` made; its jobs share it. Values in it, and in results, are JSON and bytes. An adopted job has a submission of its own. */
export interface StoredSubmission {
  /** The number that people type. It rises by one within a store, from 1. */
  readonly number: number;
  /** Id in full: epoch and counter. */
  readonly id: string;
  readonly command: string;
  readonly kind: 'control' | 'data';
  /** Complete until all of its jobs are settled, then empty. */
  readonly args: Readonly<Record<string, unknown>>;
  /** As returned by the contract's `auditArgs`. */
  readonly auditedArgs: Readonly<Record<string, unknown>>;
  /** Names of the arguments that are not in `auditedArgs` as they were given; undefined if all are. */
  readonly redacted: readonly string[] | undefined;
  /** Undefined for adopted jobs. */
  readonly actor: string | undefined;
  /** Idempotency key of its actor. */
  readonly key: StoredKey | undefined;
  /** In ms since the epoch, like all times of a store. */
  readonly submittedAtMs: number;
  readonly expiresAtMs: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly traceparent: string | undefined;
  /** It runs until somebody ends it. */
  readonly standing: boolean;
  /** It goes to some of its clients at a time. Those without a `bootId` have not had their turn. */
  readonly batch: BatchState | undefined;
  /** Of whom clients may take its places, as typed; undefined where it has none. */
  readonly targets: readonly string[] | undefined;
}

export interface StoredKey {
  readonly key: string;
  /** SHA-256 of what was asked for, in hexadecimal: the same key for something else is refused. */
  readonly askedHash: string;
}

/** One command on one client. */
export interface StoredJob {
  readonly submission: StoredSubmission;
  /** Its name; `#1` and so on for a place that has no client. */
  readonly client: string;
  /** Number of the place that it began as. */
  readonly place: number | undefined;
  /** Id in full under which a place, or one of a batch, was sent to its client; undefined: under that of its submission. */
  readonly sentAs: string | undefined;
  /** Labels that the keys vouched for when its client got it; undefined if there were none. */
  readonly vouched: Readonly<Record<string, string>> | undefined;
  /** Boot id of the client process that it was sent to, or is about to be. Undefined: to none. See `unknownBoot`. */
  readonly bootId: string | undefined;
  /** It was started for a server with another store. */
  readonly adopted: boolean;
  /** Its client took it up from a former process of its own. */
  readonly takenUp: boolean;
  readonly cancelRequested: boolean;
  readonly settledAtMs: number | undefined;
  readonly settlement: Settlement | undefined;
  /** The outcome that arrived after it was settled as `lost`. */
  readonly late: Settlement | undefined;
}

/** Names a job. */
export interface StoredJobKey {
  /** In full; for reading also `sentAs`. */
  readonly id: string;
  /** For reading also `#1` of a place that has got its client. */
  readonly client: string;
}

/** A client that the store knows. */
export interface StoredClient {
  readonly name: string;
  readonly bootId: string;
  /** Its owner chose its name: it is expected until it is forgotten. */
  readonly named: boolean;
  readonly seenAtMs: number;
  /** What it has said of itself; absent where it has said nothing. */
  readonly about?: ClientAbout;
}

export interface ClientAbout {
  readonly labels: Readonly<Record<string, string>>;
  readonly facts: Readonly<Record<string, string>>;
}

/**
 * One change. Changes of a batch are made in this order. A job is submitted before it is bound, and bound before it is
 * settled; a place is named by its number until it has got its client, and by that from then on; `settled` carries the output that is kept. A job keeps its first outcome. A change that a job cannot take any
 * more, or of a job that the store does not have, changes nothing.
 */
export type Change =
  /** `jobs` are new; `bootId` may be set already. */
  | { readonly type: 'submitted'; readonly submission: StoredSubmission; readonly jobs: readonly StoredJob[] }
  /**
   * A place, which `job` names, gets its client; from then on it is bound, too. Changes nothing where it has one, or the
   * client has another job of the submission.
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
      /** If it is sent under another id than that of its submission. */
      readonly sentAs?: string | undefined;
    }
  | { readonly type: 'cancel-requested'; readonly job: StoredJobKey }
  | {
      readonly type: 'settled';
      readonly job: StoredJobKey;
      readonly settlement: Settlement;
      readonly atMs: number;
      readonly output: readonly OutputRun[];
      /** Whether it was the last one of its submission: `args` are dropped. */
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

/** Selects stored jobs; newest first. Default: all. */
export interface StoredJobFilter {
  readonly client?: string;
  readonly command?: string;
  readonly outcomes?: readonly Outcome[];
  readonly actor?: string;
  readonly kind?: 'control' | 'data';
  /** Submitted at or after this time, in ms since the epoch. */
  readonly sinceMs?: number;
  /** Only those without an outcome. */
  readonly unsettled?: boolean;
  /** Only those of this submission. */
  readonly number?: number;
  /** Only those of this submission, by its id in full. */
  readonly id?: string;
}
