// The front door of the library: `import { … } from 'signalbox'`. Each export is documented where it is defined.
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
export { builtinContracts } from './builtin-contracts.ts';
export type { Client, ClientEvent, ClientOptions } from './client/api.ts';
export { builtinImplementations } from './client/builtin-implementations.ts';
export { createClient } from './client/client.ts';
export type { Starting } from './client/jobs.ts';
export type { Event, JobEvent, JobRef, LoggedEvent, SeenState } from './jobs/events.ts';
export type { EmittedRecord } from './jobs/received-records.ts';
export type { Settlement } from './jobs/settlement.ts';
export { unknownBoot } from './jobs/unknown-boot.ts';
export type { OutputRun } from './kept-output.ts';
export type { Builtin, BuiltinContext, BuiltinOption, Run } from './plugin/builtin.ts';
export type { BuiltinOutput, Table } from './plugin/builtin-output.ts';
export type { Channel, DeliveryAttempt, Notification } from './plugin/channel.ts';
export { DeliveryFailure } from './plugin/channel.ts';
export type { ChannelContext, ChannelKind } from './plugin/channel-kind.ts';
export { defineChannel } from './plugin/channel-kind.ts';
export type { ClientView } from './plugin/client-view.ts';
export type { OwnPlace, Plugin, PluginHost, PluginUse } from './plugin/define-plugin.ts';
export { definePlugin } from './plugin/define-plugin.ts';
export type { Fault } from './plugin/fault.ts';
export type { SeenJob } from './plugin/guard.ts';
export type { Implementation, JobContext, LeftJob, Recovery } from './plugin/implement.ts';
export { implement, JobFailure } from './plugin/implement.ts';
export type { Call, Interceptor } from './plugin/interceptor.ts';
export type { JobGroup, JobHandle, JobOutcome } from './plugin/job-group.ts';
export type {
  EventReader,
  HistoryFilter,
  HistoryPage,
  JobDetails,
  JobKey,
  JobService,
  JobView,
  ListFilter,
  Server,
  SubmitOptions,
  UnsettledCount,
  WatchOptions,
} from './plugin/job-service.ts';
export type { Observer } from './plugin/observer.ts';
export type { OutputPiece, OutputSource } from './plugin/output-source.ts';
export type { CancelOptions, SendOptions, Share } from './plugin/send-options.ts';
export type { Sent, SentGroup, SentJob } from './plugin/sent.ts';
export type { ServerOptions } from './plugin/server-options.ts';
export type { MethodContext, ServiceMethod } from './plugin/service-method.ts';
export type { Place, Statement, Word } from './plugin/statement.ts';
export type { StoreOpener } from './plugin/store-opener.ts';
export type {
  MetricsSource,
  Subcommand,
  SubcommandContext,
  SubcommandGroup,
  SubcommandLog,
  SubcommandOption,
} from './plugin/subcommand.ts';
export type { TraceAttributes, Tracer, TraceSpan, TraceStart } from './plugin/tracer.ts';
export { createServer } from './server/server.ts';
export type { Collection, Entry, Indexed } from './store/collection.ts';
export { type EventsRow, type LogRows, toEventRows, toLogPage } from './store/event-rows.ts';
export type { Batch, Holder, JobStore, Keep, LogPage, Page, StoreInfo, Taken } from './store/job-store.ts';
export { openSqliteStore, type SqliteOptions } from './store/sqlite/sqlite-store.ts';
export type { StoredItem, StoreTransfer } from './store/store-transfer.ts';
export type {
  Change,
  ClientAbout,
  StoredClient,
  StoredJob,
  StoredJobFilter,
  StoredJobKey,
  StoredKey,
  StoredSubmission,
} from './store/stored-job.ts';
