export { calculate } from '../schemas/commands/calculate.ts';
export { ping } from '../schemas/commands/ping.ts';
export { run } from '../schemas/commands/run.ts';
export { start, stop, terminate } from '../schemas/control.ts';
export type {
  ArgsOf,
  ClientState,
  CommandContract,
  ErrorCode,
  JobSignal,
  Offsets,
  Outcome,
  ResultOf,
  Stream,
  WireError,
} from '../schemas/index.ts';
export { defineCommand, SignalboxError } from '../schemas/index.ts';
export { builtinContracts, builtinImplementations } from './builtin.ts';
export type { Client, ClientEvent, ClientOptions } from './client/api.ts';
export { createClient } from './client/client.ts';
export type { Implementation, JobContext } from './client/implement.ts';
export { implement, JobFailure } from './client/implement.ts';
export type { Starting } from './client/jobs.ts';
export type { OutputPiece, OutputSource } from './client/output-source.ts';
export type { OutputRun } from './kept-output.ts';
export type { ClientView, JobView, Sending, SendOptions, Server, ServerOptions, UnsettledCount } from './server/api.ts';
export type { Audit, AuditRecord } from './server/audit.ts';
export type { EventListener, JobRef, SeenState, ServerEvent } from './server/events.ts';
export type { JobEvent, JobGroup, JobHandle, JobOutcome } from './server/job-handle.ts';
export { createServer } from './server/server.ts';
