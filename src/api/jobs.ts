import { create } from '@bufbuild/protobuf';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import {
  CancelResponseSchema,
  GetResponseSchema,
  HistoryResponseSchema,
  type JobService as JobServiceDesc,
  ListResponseSchema,
  RecordsResponseSchema,
  SignalResponseSchema,
  type SubmitRequest,
  SubmitResponseSchema,
} from '../../schemas/api/signalbox/v1/jobs_pb.js';
import { SignalboxError } from '../../schemas/errors.ts';
import type { CommandContract, JobSignal, Outcome } from '../../schemas/index.ts';
import { outcomes } from '../../schemas/words.ts';
import { given } from '../messages/given.ts';
import { detailsMessage, jobMessage, recordMessage } from '../messages/job-messages.ts';
import { fieldsOf } from '../messages/values.ts';
import { nearest } from '../nearest.ts';
import type { HistoryFilter, JobService, ListFilter } from '../plugin/job-service.ts';
import type { Share } from '../plugin/send-options.ts';
import { sizeOfValue } from '../size-of-value.ts';
import type { CallContext } from './call-context.ts';
import { keyOf, keysOf } from './job-key.ts';
import { timeMs, wholeNumber } from './numbers.ts';
import { output } from './output.ts';
import { parts } from './parts.ts';
import { wait } from './wait.ts';

type Contexts = (call: HandlerContext) => CallContext;

/** `signalbox.v1.JobService`, implemented by a `JobService`. */
export const jobCalls = (contextOf: Contexts): ServiceImpl<typeof JobServiceDesc> => ({
  submit: async (request, call) => await submit(request, contextOf(call)),
  wait: (request, call) => wait(request, contextOf(call)),
  output: (request, call) => output(request, contextOf(call)),
  async get({ job }, call) {
    const { service } = contextOf(call);
    return create(GetResponseSchema, { job: detailsMessage(await service.get(keyOf(job))) });
  },
  async *list({ state }, call) {
    const { service, read } = contextOf(call);
    using _ = read();
    const jobs = await service.list(listFilter(state));
    for (const part of parts(jobs, sizeOfValue)) yield create(ListResponseSchema, { jobs: part.map(jobMessage) });
  },
  async *history({ outcomes: names, kind, number, limit, from, ...rest }, call) {
    const { client, command, actor, sinceMs, id, unsettled } = rest;
    const filter: HistoryFilter = given({
      ...{ client, command, actor, id },
      ...(sinceMs !== undefined && { sinceMs: timeMs(sinceMs, 'since_ms') }),
      ...(unsettled && { unsettled }),
      ...(names.length > 0 && { outcomes: names.map(outcomeOf) }),
      ...(kind !== undefined && { kind: kindOf(kind) }),
      ...(number !== undefined && { number: wholeNumber(number, 'number') }),
    });
    if (limit !== undefined && (limit < 1 || limit > 1_000)) {
      throw new SignalboxError('bad_usage', `limit must be 1 to 1000, not ${limit}`);
    }
    const { service, read } = contextOf(call);
    using _ = read();
    const { jobs, next } = await service.history(filter, given({ limit, from }));
    for (const part of parts(jobs, sizeOfValue)) yield create(HistoryResponseSchema, { jobs: part.map(jobMessage) });
    if (next !== undefined) yield create(HistoryResponseSchema, { next });
  },
  async *records({ job }, call) {
    const { service, read } = contextOf(call);
    using _ = read();
    const records = await service.records(keyOf(job));
    for (const part of parts(records, sizeOfValue)) {
      yield create(RecordsResponseSchema, { records: part.map(recordMessage) });
    }
  },
  async cancel({ jobs, unsent }, call) {
    await contextOf(call).service.cancel(keysOf(jobs), { unsent });
    return create(CancelResponseSchema);
  },
  async signal({ jobs, signal }, call) {
    // The service validates the signal.
    await contextOf(call).service.signal(keysOf(jobs), signal as JobSignal);
    return create(SignalResponseSchema);
  },
});

async function submit(request: SubmitRequest, { service, signal }: CallContext) {
  const { targets, command, args = {}, key, keyIsNew, expiresInMs, timeoutMs, traceparent, pick } = request;
  const { batch, maxFailures } = request;
  if (targets.length === 0) throw new SignalboxError('bad_usage', 'targets is empty; name a client, or all');
  const options = { signal, ...given({ key, expiresInMs, timeoutMs, traceparent, pick }), keyIsNew };
  const shares = given({ batch: shareOf(batch), maxFailures: shareOf(maxFailures) });
  const group = await service.submit(targets, contractOf(service, command), fieldsOf(args), { ...options, ...shares });
  const jobs = group.jobs.map(({ client, place, standing = false, mayLoseOutput = false }) => ({
    ...given({ client: client ?? undefined, place }),
    standing,
    mayLoseOutput,
  }));
  return create(SubmitResponseSchema, { id: group.id, number: BigInt(group.number), jobs });
}

/** The service validates the rest. */
function shareOf(text: string | undefined): Share | undefined {
  return text === undefined || text.endsWith('%') ? (text as Share | undefined) : Number(text);
}

function contractOf({ commands }: JobService, name: string): CommandContract {
  const contract = commands.get(name);
  if (contract) return contract;
  const meant = nearest(name, commands.keys());
  const hint = meant === undefined ? 'to list commands, call ServerService.ListCommands' : `did you mean ${meant}?`;
  throw new SignalboxError('unknown_command', `there is no command '${name}'; ${hint}`);
}

function listFilter(state: string): ListFilter {
  if (state === '') return {};
  if (state === 'running') return { state };
  throw new SignalboxError('bad_usage', `state must be 'running' or absent, not '${state}'`);
}

function outcomeOf(name: string): Outcome {
  const outcome = outcomes.find((one) => one === name);
  if (outcome) return outcome;
  throw new SignalboxError('bad_usage', `an outcome must be one of ${outcomes.join(', ')}, not '${name}'`);
}

function kindOf(kind: string): 'control' | 'data' {
  if (kind === 'control' || kind === 'data') return kind;
  throw new SignalboxError('bad_usage', `kind must be 'data' or 'control', not '${kind}'`);
}
