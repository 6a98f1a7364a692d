// The public interface of this library. It depends on Node alone and imports nothing from the rest of Signalbox.
export type { Containment } from './containment.ts';
export type { LimitName, OutputStream, ProcessLimits, ProcessOptions } from './options.ts';
export type { OrderedOptions, OrderedPiece, OutputOptions, OutputPiece } from './output-reader.ts';
export { ProcessError, type ProcessErrorCode, processErrorCodes } from './process-error.ts';
export type { ProcessHandle } from './process-handle.ts';
export { type ProcessSupport, processSupport } from './process-support.ts';
export type { AppliedLimit, KeptOutput, ProcessResult, ProcessStatus } from './result.ts';
export { startProcess } from './start-process.ts';
