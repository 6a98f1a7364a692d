// The front door of this library. It stands on Node alone: nothing of the rest of Signalbox is imported here or below.
export type { Containment } from './containment.ts';
export type { LimitName, OutputStream, ProcessLimits, ProcessOptions } from './options.ts';
export type { OrderedOptions, OrderedPiece, OutputOptions, OutputPiece } from './output-reader.ts';
export { ProcessError, type ProcessErrorCode, processErrorCodes } from './process-error.ts';
export type { ProcessHandle } from './process-handle.ts';
export { type ProcessSupport, processSupport } from './process-support.ts';
export type { AppliedLimit, KeptOutput, ProcessResult, ProcessStatus } from './result.ts';
export { startProcess } from './start-process.ts';
