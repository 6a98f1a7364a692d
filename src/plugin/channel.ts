/** A notification, as a channel delivers it. */
export interface Notification {
  /** Identifies the notification. It is the same for every attempt. */
  readonly id: string;
  /** The JSON document that webhooks receive. */
  readonly body: string;
  /** Type of the event, such as `job.settled`. */
  readonly event: string;
  /** One line for people. */
  readonly text: string;
  /** Number of events in it. */
  readonly count: number;
}

/** One attempt to deliver a notification. */
export interface DeliveryAttempt {
  /** Aborts when the server ends, or when the attempt takes too long. */
  readonly signal: AbortSignal;
  /** Time of the attempt, in ms since the epoch. */
  readonly nowMs: number;
}

/** A destination of notifications. */
export interface Channel {
  /** Description for people, without secrets: `webhook https://hooks.example`. */
  readonly about: string;
  /** Resolves when it was delivered. @throws DeliveryFailure, or any error: then it is tried again later. */
  send(notification: Notification, attempt: DeliveryAttempt): Promise<void>;
}

/** Thrown by a channel that could not deliver a notification. */
export class DeliveryFailure extends Error {
  /** Whether to send nothing more to the channel until the configuration is read again. Default: false. */
  readonly isFinal: boolean;
  /** Minimum time until the next attempt, in ms. Default: 0. */
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
