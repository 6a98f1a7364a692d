import { cutText } from './cut-text.ts';
import { limits } from './limits.ts';

// No zod here, nor in what this imports: the program needs errors at once, and loads zod only after it has started the
// clients of `--spawn`.

/**
 * The closed list of error codes: what each means in one sentence, and whether the same request can
 * succeed when it is made again later.
 */
export const errorCodes = {
  not_ready: { meaning: 'the client is not in the state that this command needs', retry: true },
  busy: { meaning: 'a bound is reached; nothing was started', retry: true },
  offline: { meaning: 'the client is known but not connected', retry: true },
  unknown_command: { meaning: 'no such command here', retry: false },
  bad_arguments: { meaning: 'the arguments do not fit the contract of the command', retry: false },
  bad_result: { meaning: 'what the command returned does not fit its contract', retry: false },
  not_allowed: { meaning: 'this client does not run that command, or the speaker may not ask for it', retry: false },
  command_failed: { meaning: 'the command ran and failed', retry: false },
  cancelled: { meaning: 'the job was cancelled', retry: false },
  not_sent: { meaning: 'sending stopped before its turn came', retry: true },
  deadline_exceeded: { meaning: 'the job was still running at its deadline and was cancelled', retry: true },
  expired: { meaning: 'the command was not started before it expired', retry: true },
  lost: { meaning: 'the client vanished; what became of the job is unknown', retry: false },
  terminating: { meaning: 'the client is ending and takes no more commands', retry: false },
  unknown_session: { meaning: 'the server has no session for this connection; say hello', retry: true },
  name_taken: { meaning: 'another client with this name is connected, or holds its state', retry: true },
  unsupported_protocol: { meaning: 'the two sides speak different versions of the protocol', retry: false },
  bad_message: { meaning: 'the bytes are not a message of this protocol', retry: false },
  message_too_large: { meaning: 'the message is over a limit of this protocol', retry: false },
  no_such_target: { meaning: 'no client of that name is known', retry: true },
  no_such_job: { meaning: 'no job of that id is known', retry: false },
  bad_usage: { meaning: 'the line is not a command of the shell', retry: false },
  cannot_bind: { meaning: 'the server cannot listen on that address', retry: false },
  cannot_connect: { meaning: 'the other side cannot be reached', retry: true },
  insecure_endpoint: { meaning: 'that address may be reached by others and has no keys', retry: false },
  timed_out: { meaning: 'it did not happen in the time that was given', retry: true },
  closed: { meaning: 'this end has been closed', retry: false },
  gone: { meaning: 'the log of events does not reach back so far, or not yet so far', retry: false },
  unavailable: { meaning: 'the store cannot be written to; nothing was sent', retry: true },
  unknown: { meaning: 'the store did not answer; whether it was done is unknown', retry: false },
  store_in_use: { meaning: 'another server holds the store', retry: true },
  bad_store: { meaning: 'the store is damaged, closed, or of a newer version', retry: false },
  internal: { meaning: 'a fault of this program', retry: false },
} as const satisfies Record<string, { meaning: string; retry: boolean }>;

export type ErrorCode = keyof typeof errorCodes;

/** An error as it travels: a closed code and a sentence for people. */
export interface WireError {
  code: ErrorCode;
  message: string;
}

/** The one error class of this project. `cause` stays on this side; only code and message travel. */
export class SignalboxError extends Error {
  override readonly name = 'SignalboxError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** Whether the same request can succeed when it is made again later. */
  get retry(): boolean {
    return errorCodes[this.code].retry;
  }

  toWire(): WireError {
    return { code: this.code, message: cutText(this.message, limits.maxTextBytes) };
  }

  /** Any thrown value as one of ours: ours as it is, every other under `code`. */
  static from(error: unknown, code: ErrorCode): SignalboxError {
    if (error instanceof SignalboxError) return error;
    return new SignalboxError(code, messageOf(error), { cause: error });
  }
}

/** Anything can be thrown, also what has no string. */
function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'what was thrown cannot be shown';
  }
}
