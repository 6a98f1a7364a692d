import { cutText } from './cut-text.ts';
import { limits } from './limits.ts';

// This file and its imports must not use zod: the program needs errors at once, and loads zod only after it has started
// the clients of `--spawn`.

/** The closed list of error codes. `retry`: whether the same request can succeed later. */
export const errorCodes = {
  not_ready: { meaning: 'the client is not in the state that this command needs', retry: true },
  busy: { meaning: 'a bound is reached; nothing was started', retry: true },
  offline: { meaning: 'the client is known but not connected', retry: true },
  unknown_command: { meaning: 'no command has that name', retry: false },
  bad_arguments: { meaning: 'the arguments do not match the contract of the command', retry: false },
  bad_result: { meaning: 'the result does not match the contract of the command', retry: false },
  not_allowed: { meaning: 'the client does not run that command, or the caller may not use it', retry: false },
  command_failed: { meaning: 'the command ran and failed', retry: false },
  cancelled: { meaning: 'the job was cancelled', retry: false },
  not_sent: { meaning: 'sending stopped before the job was sent', retry: true },
  deadline_exceeded: { meaning: 'the job was still running at its deadline and was cancelled', retry: true },
  expired: { meaning: 'the command was not started before it expired', retry: true },
  lost: { meaning: 'the client disappeared; the outcome of the job is unknown', retry: false },
  terminating: { meaning: 'the client is terminating and accepts no more commands', retry: false },
  unknown_session: { meaning: 'the server has no session for this connection; send hello', retry: true },
  name_taken: { meaning: 'another client with this name is connected, or holds its state', retry: true },
  unsupported_protocol: { meaning: 'the two sides speak different versions of the protocol', retry: false },
  bad_message: { meaning: 'the bytes are not a message of this protocol', retry: false },
  message_too_large: { meaning: 'the message is over a limit of this protocol', retry: false },
  no_such_target: { meaning: 'no known client matches the target', retry: true },
  no_such_job: { meaning: 'no job with that id is known', retry: false },
  bad_usage: { meaning: 'the command line, option or definition is not valid', retry: false },
  cannot_bind: { meaning: 'the server cannot listen on that address', retry: false },
  cannot_connect: { meaning: 'the other side cannot be reached', retry: true },
  insecure_endpoint: { meaning: 'others can reach that address, and it has no keys', retry: false },
  timed_out: { meaning: 'the time limit passed before it happened', retry: true },
  closed: { meaning: 'this server, client or connection has been closed', retry: false },
  gone: { meaning: 'the log of events no longer has that event, or not yet', retry: false },
  unavailable: { meaning: 'the store cannot be written to; nothing was sent', retry: true },
  unknown: { meaning: 'the store did not answer; whether the change was made is unknown', retry: false },
  store_in_use: { meaning: 'another server holds the store', retry: true },
  bad_store: { meaning: 'the store is damaged, closed, or from a newer version', retry: false },
  internal: { meaning: 'an internal fault of Signalbox', retry: false },
} as const satisfies Record<string, { meaning: string; retry: boolean }>;

/** A key of `errorCodes`. */
export type ErrorCode = keyof typeof errorCodes;

/** An error as it is sent: a code of the closed list and a sentence for people. */
export interface WireError {
  code: ErrorCode;
  /** One sentence for people, at most 4,096 bytes. */
  message: string;
}

/** The error class of Signalbox. `cause` stays local; only `code` and `message` are sent. */
export class SignalboxError extends Error {
  override readonly name = 'SignalboxError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** Whether the same request can succeed later. */
  get retry(): boolean {
    return errorCodes[this.code].retry;
  }

  /** The error without its cause, for sending. The message is cut to 4,096 bytes. */
  toWire(): WireError {
    return { code: this.code, message: cutText(this.message, limits.maxTextBytes) };
  }

  /** Converts any thrown value: a `SignalboxError` is returned unchanged, anything else is wrapped under `code`. */
  static from(error: unknown, code: ErrorCode): SignalboxError {
    if (error instanceof SignalboxError) return error;
    return new SignalboxError(code, messageOf(error), { cause: error });
  }
}

/** Any value can be thrown, even one whose conversion to a string throws. */
function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'the thrown value cannot be shown';
  }
}
