/** What a channel delivers. */
export interface Outgoing {
  /** The same each time that it is tried. */
  readonly id: string;
  /** JSON. */
  readonly body: string;
  readonly event: string;
  /** A line that a person understands. */
  readonly text: string;
  readonly count: number;
}

/** Where messages go. */
export interface Channel {
  /** For people, without secrets: `webhook https://hooks.example`. */
  readonly about: string;
  /** Resolves when it was taken. @param nowMs the time of this attempt. @throws DeliveryFailure, or any error: then it is tried again. */
  send(message: Outgoing, attempt: { readonly signal: AbortSignal; readonly nowMs: number }): Promise<void>;
}

/** Why a message was not taken. */
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
