// The contract of the wire: `import { … } from 'signalbox/schemas'`. Each export is documented where it is defined.
export type { ArgsOf, CommandContract, CommandDefinition, CommandKind, ResultOf } from './command.ts';
export { defineCommand, isContract, isStanding } from './command.ts';
export type { ClientState } from './control.ts';
export { clientStateSchema, controlCommands, start, stop, terminate } from './control.ts';
export type { Credentials } from './credentials.ts';
export { credentialsSchema, curveKeySchema, tokenSchema } from './credentials.ts';
export { cutText } from './cut-text.ts';
export type { ErrorCode, WireError } from './errors.ts';
export { errorCodes, SignalboxError } from './errors.ts';
export type { FieldRule, FieldRules } from './field-rules.ts';
export { fieldRules, misplacedField } from './field-rules.ts';
export type { MessageId } from './ids.ts';
export { bootIdSchema, jobIdPattern, jobIdSchema, maxCounter, messageIdSchema } from './ids.ts';
export type { Layout } from './layout.ts';
export { clientLayouts, serverLayouts, wordNumbers } from './layout.ts';
export type { Limit } from './limits.ts';
export { limits, limitTable } from './limits.ts';
export type {
  ClientInfo,
  FromClient,
  FromServer,
  Hello,
  Message,
  Offsets,
  SentOutcome,
  Welcome,
} from './messages.ts';
export {
  clientMessages,
  fromClientSchema,
  fromServerSchema,
  helloSchema,
  jobSignalSchema,
  maxOffset,
  protocolVersion,
  refusedSchema,
  serverMessages,
  streamSchema,
  traceparentSchema,
  welcomeSchema,
} from './messages.ts';
export { commandNamePattern, reservedNames } from './name-forms.ts';
export {
  clientNameSchema,
  commandNameSchema,
  factsSchema,
  labelsSchema,
  labelValueSchema,
} from './names.ts';
export { text } from './text.ts';
export { wireErrorSchema } from './wire-error.ts';
export type { JobSignal, Outcome, Stream } from './words.ts';
export { jobSignals, outcomes, streams } from './words.ts';
