export type { ArgsOf, CommandContract, CommandDefinition, CommandKind, ResultOf } from './command.ts';
export { defineCommand, isContract, isStanding } from './command.ts';
export type { ClientState } from './control.ts';
export { clientStateSchema, controlCommands, start, stop, terminate } from './control.ts';
export type { Credentials } from './credentials.ts';
export { credentialsSchema, curveKeySchema, tokenSchema } from './credentials.ts';
export type { ErrorCode, WireError } from './errors.ts';
export { errorCodes, SignalboxError, wireErrorSchema } from './errors.ts';
export type { Limit } from './limits.ts';
export { limits, limitTable } from './limits.ts';
export type {
  ClientInfo,
  FromClient,
  FromServer,
  Hello,
  JobSignal,
  Message,
  Offsets,
  Outcome,
  SentOutcome,
  Stream,
} from './messages.ts';
export {
  bootIdSchema,
  clientNameSchema,
  fromClientSchema,
  fromServerSchema,
  jobIdSchema,
  jobSignalSchema,
  outcomes,
  protocolVersion,
  streamSchema,
  streams,
  traceparentSchema,
} from './messages.ts';
