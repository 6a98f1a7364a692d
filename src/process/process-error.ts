/** Why a process was not started or its output cannot be read, with one sentence per code. */
export const processErrorCodes = {
  bad_options: 'an option is missing, of the wrong type or out of its range',
  program_not_found: 'there is no such program, neither at the given path nor along PATH',
  not_executable: 'the file exists, but the system cannot run it',
  bad_cwd: 'the working directory is missing, is not a directory, or may not be entered',
  arguments_too_long: 'arguments and environment together exceed the maximum of the system (E2BIG)',
  cannot_fork: 'the system has no free process, memory or file descriptor',
  limit_unavailable: 'a requested limit cannot be set on this machine',
  cannot_start: 'the system refused to start it for another reason',
  closed: 'the output of this process was discarded',
} as const satisfies Record<string, string>;

/** A key of `processErrorCodes`. */
export type ProcessErrorCode = keyof typeof processErrorCodes;

/** The only error class of this library. The end of a started process is not an error, see `ProcessResult`. */
export class ProcessError extends Error {
  override readonly name = 'ProcessError';
  readonly code: ProcessErrorCode;

  constructor(code: ProcessErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
