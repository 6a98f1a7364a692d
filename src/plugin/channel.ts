/** What a channel delivers. */
export interface Notification {
  /** The same each time that it is tried. */
  readonly id: string;
  /** JSON, as webhooks get it. */
  readonly body: string;
  /** Such as `job.settled`. */
  readonly event: string;
  /** A line that a person understands. */
  readonly text: string;
  /** How many events it is about. */
  readonly count: number;
}

/** One of the times that a channel is given a notification. */
export interface DeliveryAttempt {
  /** Aborts when the server ends, and when the attempt takes too long. */
  readonly signal: AbortSignal;
  /** Its time, in ms since the epoch. */
  readonly nowMs: number;
}

/** Where notifications go. */
export interface Channel {
  /** For people, without secrets: `webhook https://hooks.example`. */
  readonly about: string;
  /** Resolves when it was taken. @throws DeliveryFailure, or any error: then it is tried again later. */
  send(notification: Notification, attempt: DeliveryAttempt): Promise<void>;
}

/** Why a channel has not taken a notification. */
export class DeliveryFailure extends Error {
  /** Nothing more is sent there until the configuration is read again. */
  readonly isFinal: boolean;
  /** Not again before, in ms. */
  readonly afterMs: number;

  constructor(
    message: string,
    { isFinal = false, afterMs = 0, cause }: { isFinal?: boolean; afterMs?: number; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.isFinal = isFinal;
    this.afterMs = afterMs;
  }
}
