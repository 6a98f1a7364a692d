/** A whole number, or a part of the clients of a submission in percent, such as `10%`. */
export type Share = number | `${number}%`;

export interface SendOptions {
  /** Maximum ms until its start; afterwards the outcome is `expired`. Default: no limit. */
  readonly expiresInMs?: number;
  /** Maximum ms that it may run; then it is cancelled and `failed` with `deadline_exceeded`. Default: no limit. */
  readonly timeoutMs?: number;
  /** The parent span, as `traceparent` of W3C Trace Context, version 00. The handler gets it. Default: no trace. */
  readonly traceparent?: string;
  /**
   * Only this number of the clients gets it, 1 to 10,000: the least busy of those that are ready, offer the command and
   * have room for a job; `no_such_target` if these are too few, or with `expiresInMs` and without `batch` places that wait
   * for such clients, each a job without one until then. Default: all.
   */
  readonly pick?: number;
  /**
   * It is under way on at most so many clients at once, from 1 (of percent rounded down, and at least one); the next one
   * gets it when one has ended. Not for standing jobs. Default: all get it at once.
   */
  readonly batch?: Share;
  /**
   * With `batch`: when more have ended as `failed`, `rejected`, `expired` or `lost`, nothing more is sent; the rest is `cancelled`
   * with `not_sent`. Percent are rounded down. Default: however many fail.
   */
  readonly maxFailures?: Share;
}

export interface CancelOptions {
  /** Only those of these jobs that were not sent to their client yet; what runs goes on. Default: false. */
  readonly unsent?: boolean;
}
