/** A whole number, or a percentage of the clients of a submission, such as `10%`. */
export type Share = number | `${number}%`;

/** Options for sending a command. */
export interface SendOptions {
  /** Maximum time until the start, in ms; afterwards the outcome is `expired`. Default: no limit. */
  readonly expiresInMs?: number;
  /** Maximum run time, in ms; afterwards it is cancelled and `failed` with `deadline_exceeded`. Default: no limit. */
  readonly timeoutMs?: number;
  /** The parent span: `traceparent` of W3C Trace Context, version 00. The handler receives it. Default: none. */
  readonly traceparent?: string;
  /**
   * Send the command only to this number of clients, 1 to 10,000: the least busy of those that are ready, support the
   * command and have room for a job. If there are too few, the call is refused with `no_such_target`; with
   * `expiresInMs` and without `batch`, the others become places, that is, jobs that wait for a suitable client.
   * Default: all clients.
   */
  readonly pick?: number;
  /**
   * Maximum number of clients that run it at once, from 1. Percentages are rounded down, to at least one. The next
   * client gets it when one has ended. Not permitted for standing jobs. Default: all at once.
   */
  readonly batch?: Share;
  /**
   * With `batch`: if more jobs than this end as `failed`, `rejected`, `expired` or `lost`, nothing more is sent, and
   * the remaining jobs are `cancelled` with `not_sent`. Percentages are rounded down. Default: no maximum.
   */
  readonly maxFailures?: Share;
}

/** Options of `cancel`. */
export interface CancelOptions {
  /** Cancel only jobs that were not sent to their client yet. Default: false. */
  readonly unsent?: boolean;
}
