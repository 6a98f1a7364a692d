import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SocketPaths } from '../../src/api/socket-paths.ts';
import type { Caller } from './callers.ts';
import { connectCaller } from './connect-caller.ts';
import { curlCaller, hasCurl } from './curl-caller.ts';
import { grpcCaller } from './grpc-caller.ts';
import { openApi, say } from './open-api.ts';
import { python, pythonCaller } from './python-caller.ts';

type Missing = string | undefined;
const callers: readonly [
  name: string,
  open: (paths: SocketPaths, ends: AsyncDisposableStack) => Caller,
  missing: Missing,
][] = [
  ['curl', ({ connect }) => curlCaller(connect), hasCurl ? undefined : 'there is no curl here'],
  ['Connect, in protobuf', ({ connect }) => connectCaller(connect, true), undefined],
  ['Connect, in JSON', ({ connect }) => connectCaller(connect, false), undefined],
  ['@grpc/grpc-js', ({ grpc }, ends) => grpcCaller(grpc, ends), undefined],
  [
    'Python',
    ({ grpc }, ends) => pythonCaller(grpc, ends),
    python ? undefined : 'no python3 here has grpc: apt-get install python3-grpcio python3-protobuf',
  ],
];

/** For calls that change nothing. */
const ends = new AsyncDisposableStack();
let shared: Awaited<ReturnType<typeof openApi>>;
beforeAll(async () => {
  shared = await openApi({}, (close) => void ends.defer(close));
});
afterAll(() => ends.disposeAsync());

describe.each(callers)('%s', (_, open, missing) => {
  /** On the shared server. */
  let call: Caller;
  beforeAll(() => {
    call = open(shared.paths, shared.ends);
  });
  beforeEach(({ skip }) => {
    if (missing) skip(missing);
  });

  test('returns the server and the caller, and lists clients and commands', async () => {
    const { paths, server, ends } = await openApi();
    const call = open(paths, ends);
    const info = await call('ServerService/GetInfo', {}, { as: 'ada' });
    expect(info).toMatchObject({ status: 'ok', messages: [{ bootId: server.bootId, actor: 'local:ada' }] });
    const clients = await call('ClientService/List', {});
    expect(clients).toMatchObject({ status: 'ok', messages: [{ clients: [{ name: 'w1', state: 'ready' }] }] });
    const commands = await call('ServerService/ListCommands', {});
    const sayContract = ((commands.messages[0]?.commands ?? []) as { name: string }[]).find(
      ({ name }) => name === 'say',
    );
    expect(sayContract).toMatchObject({
      kind: 'data',
      argNames: ['text', 'bytes', 'more'],
      argsSchema: {
        required: ['text'],
        properties: { text: { type: 'string' }, bytes: { properties: { $base64: { contentEncoding: 'base64' } } } },
      },
      recordsSchema: { type: 'object' },
    });
  });

  test('submits a command, waits for its outcome, reads its output and records, and finds it again', async () => {
    const { paths, ends } = await openApi();
    const call = open(paths, ends);
    const more = { null: null, list: [1, -2.5, 9_007_199_254_740_991, 'ä\u{1f600}'], $only: { $base64: 'eA==' } };
    const args = { text: 'one\ntwo', bytes: { $base64: 'AP8K' }, more: { ...more, tag: { $$key: true } } };
    const request = { targets: ['all'], command: 'say', args, key: 'once' };
    const submitted = await call('JobService/Submit', request, { as: 'ada' });
    expect(submitted).toMatchObject({ status: 'ok', messages: [{ number: '1', jobs: [{ client: 'w1' }] }] });
    const id = submitted.messages[0]?.id as string;
    const job = { id, client: 'w1' };
    const waited = await call('JobService/Wait', { id });
    const ref = { id, number: '1', client: 'w1', command: 'say' };
    expect(waited).toMatchObject({
      status: 'ok',
      messages: [
        {
          job: {
            job: { ref, actor: 'local:ada', state: 'settled', outcome: 'completed', args },
            result: { bytes: args.bytes, more: args.more },
            key: 'once',
          },
        },
      ],
    });
    expect((await call('JobService/Get', { job })).messages).toEqual(waited.messages);
    const output = await call('JobService/Output', { job, from: { stdout: '4' }, follow: true });
    expect(output).toMatchObject({ status: 'ok', messages: [{ stream: 'stdout', offset: '4', data: btoa('two\n') }] });
    const records = await call('JobService/Records', { job });
    expect(records.messages[0]?.records).toMatchObject([
      { value: { line: 'one' } },
      { offset: '1', value: { line: 'two' } },
    ]);
    const history = await call('JobService/History', { outcomes: ['completed'], actor: 'local:ada' });
    expect(history).toMatchObject({ status: 'ok', messages: [{ jobs: [{ ref }] }] });
    expect((await call('JobService/Submit', request, { as: 'ada' })).messages).toEqual(submitted.messages);
    expect((await call('JobService/List', {})).messages).toMatchObject([{ jobs: [{ ref }] }]);
  });

  test('watches: first the beginning, then events with their numbers, and output on request', async () => {
    const { paths, server, ends } = await openApi();
    const call = open(paths, ends);
    const work = async () => {
      const group = await server.as('local:eve').submit('w1', say, { text: 'hi' });
      await group.outcomes;
    };
    const watch = async (request: JsonObject) => {
      const begun = Promise.withResolvers<void>();
      const watching = call('EventService/Watch', request, { until: 'jobSettled', onMessage: () => begun.resolve() });
      await begun.promise;
      await work();
      const { messages, status } = await watching;
      expect(status).toBe('ok');
      const events = messages.flatMap((message) => (message.events ?? []) as JsonObject[]);
      expect(messages[0]).toEqual({ bootId: server.bootId, nextSeq: events[0]?.seq });
      return events;
    };
    const events = await watch({});
    const first = Number(events[0]?.seq);
    expect(events).toMatchObject([
      { seq: `${first}`, actor: 'local:eve', jobSubmitted: { job: { client: 'w1' }, args: { text: 'hi' } } },
      { seq: `${first + 1}`, jobAccepted: {} },
      { seq: `${first + 2}`, jobSettled: { settlement: { outcome: 'completed' } } },
    ]);
    const all = await watch({ output: true, records: true });
    expect(all).toMatchObject([
      { jobSubmitted: {} },
      { jobAccepted: {} },
      { jobOutput: { stream: 'stdout', data: btoa('hi\n') } },
      { jobRecords: { records: [{ value: { line: 'hi' } }] } },
      { jobSettled: {} },
    ]);
  });

  test('cancels a job, sends a signal to another, and gets deadline_exceeded for a short wait', async () => {
    const { paths, ends } = await openApi();
    const call = open(paths, ends);
    const submit = async (): Promise<JsonObject> => {
      const { messages } = await call('JobService/Submit', { targets: ['w1'], command: 'hang' });
      const job = { id: messages[0]?.id ?? null, client: 'w1' };
      await call('JobService/Output', { job, follow: true }, { until: btoa('waiting\n') });
      return job;
    };
    const cancelled = await submit();
    expect(await call('JobService/Cancel', { jobs: [cancelled] })).toEqual({ status: 'ok', messages: [{}] });
    const signalled = await submit();
    const late = await call('JobService/Wait', { id: signalled.id ?? '', timeoutMs: 1 });
    expect(late).toMatchObject({
      status: 'deadline_exceeded',
      messages: [],
      detail: { code: 'timed_out', retry: true },
    });
    expect((await call('JobService/List', { state: 'running' })).messages).toMatchObject([
      { jobs: [{ ref: signalled }] },
    ]);
    await call('JobService/Signal', { jobs: [signalled], signal: 'SIGUSR1' });
    const outcomeOf = async ({ id = '' }: JsonObject) => (await call('JobService/Wait', { id })).messages;
    expect(await outcomeOf(cancelled)).toMatchObject([{ job: { job: { outcome: 'cancelled' } } }]);
    expect(await outcomeOf(signalled)).toMatchObject([{ job: { job: { outcome: 'completed' } } }]);
  });

  test('calls a method of a plug-in', async () => {
    const value = { bytes: { $base64: 'AP8=' }, list: [1, null, 'x'] };
    const called = await call('ServerService/Call', { method: 'echo/again', request: { value } }, { as: 'ada' });
    expect(called).toEqual({ status: 'ok', messages: [{ response: { value, actor: 'local:ada' } }] });
  });

  test('gets the health of the server', async () => {
    const { paths, ends } = await openApi();
    const call = open(paths, ends);
    for (const service of ['', 'signalbox.v1.JobService']) {
      const checked = await call('grpc.health.v1.Health/Check', { service });
      expect(checked).toMatchObject({ status: 'ok', messages: [{ status: 'SERVING' }] });
    }
    const unknown = await call('grpc.health.v1.Health/Check', { service: 'nobody' });
    expect(unknown).toMatchObject({ status: 'not_found', message: expect.stringContaining('nobody') });
  });

  const submission = { targets: ['w1'], command: 'say', args: { text: 'x' } };
  const noJob = { id: 'abcdefgh.1', client: 'w1' };
  test.each<[what: string, method: string, request: JsonObject, status: string, code: string, words: RegExp]>([
    ['no targets', 'JobService/Submit', { command: 'say' }, 'invalid_argument', 'bad_usage', /targets/],
    ['an unknown target', 'JobService/Submit', { ...submission, targets: ['w9'] }, 'not_found', 'no_such_target', /w9/],
    [
      'a command nearly right',
      'JobService/Submit',
      { ...submission, command: 'sy' },
      'not_found',
      'unknown_command',
      /say/,
    ],
    ['no command', 'JobService/Submit', { targets: ['w1'] }, 'not_found', 'unknown_command', /ListCommands/],
    [
      'a missing argument',
      'JobService/Submit',
      { ...submission, args: {} },
      'invalid_argument',
      'bad_arguments',
      /say: text/,
    ],
    [
      'an argument too many',
      'JobService/Submit',
      { ...submission, args: { text: 'x', tex: 1 } },
      'invalid_argument',
      'bad_arguments',
      /tex/,
    ],
    [
      'an argument of another type',
      'JobService/Submit',
      { ...submission, args: { text: 1 } },
      'invalid_argument',
      'bad_arguments',
      /string/,
    ],
    [
      'bytes that are not base64',
      'JobService/Submit',
      { ...submission, args: { text: 'x', bytes: { $base64: 'ä' } } },
      'invalid_argument',
      'bad_arguments',
      /base64/,
    ],
    [
      'a tag that is not known',
      'JobService/Submit',
      { ...submission, args: { text: 'x', more: { $date: 1 } } },
      'invalid_argument',
      'bad_arguments',
      /\$\$date/,
    ],
    [
      'bytes for arguments',
      'JobService/Submit',
      { ...submission, args: { $base64: 'eA==' } },
      'invalid_argument',
      'bad_arguments',
      /an object/,
    ],
    [
      'arguments that are too long',
      'JobService/Submit',
      { ...submission, args: { text: 'x'.repeat(300_000) } },
      'invalid_argument',
      'message_too_large',
      /262144/,
    ],
    [
      'arguments that are too deep',
      'JobService/Submit',
      { ...submission, args: { text: 'x', more: nested(20) } },
      'invalid_argument',
      'bad_message',
      /16/,
    ],
    [
      'a time below 0',
      'JobService/Submit',
      { ...submission, timeoutMs: -1 },
      'invalid_argument',
      'bad_arguments',
      /timeoutMs/,
    ],
    [
      'a malformed trace',
      'JobService/Submit',
      { ...submission, traceparent: 'x' },
      'invalid_argument',
      'bad_arguments',
      /traceparent/,
    ],
    ['no job', 'JobService/Get', {}, 'invalid_argument', 'bad_usage', /job is missing/],
    ['an unknown job', 'JobService/Get', { job: noJob }, 'not_found', 'no_such_job', /abcdefgh.1/],
    ['the output of an unknown job', 'JobService/Output', { job: noJob }, 'not_found', 'no_such_job', /abcdefgh.1/],
    ['the records of an unknown job', 'JobService/Records', { job: noJob }, 'not_found', 'no_such_job', /abcdefgh.1/],
    ['a wait for an unknown job', 'JobService/Wait', { id: 'abcdefgh.1' }, 'not_found', 'no_such_job', /abcdefgh.1/],
    [
      'an offset over 2^53',
      'JobService/Output',
      { job: noJob, from: { stdout: '9007199254740993' } },
      'invalid_argument',
      'bad_usage',
      /from.stdout/,
    ],
    ['no jobs to cancel', 'JobService/Cancel', {}, 'invalid_argument', 'bad_usage', /jobs/],
    ['an unknown job to cancel', 'JobService/Cancel', { jobs: [noJob] }, 'not_found', 'no_such_job', /abcdefgh.1/],
    [
      'a signal that does not exist',
      'JobService/Signal',
      { jobs: [noJob], signal: 'SIGX' },
      'not_found',
      'no_such_job',
      /abcdefgh.1/,
    ],
    ['an unknown state', 'JobService/List', { state: 'walking' }, 'invalid_argument', 'bad_usage', /walking/],
    ['an unknown outcome', 'JobService/History', { outcomes: ['won'] }, 'invalid_argument', 'bad_usage', /won/],
    ['an unknown kind', 'JobService/History', { kind: 'x' }, 'invalid_argument', 'bad_usage', /control/],
    ['a page that is too large', 'JobService/History', { limit: 1_001 }, 'invalid_argument', 'bad_usage', /1000/],
    ['an unknown client', 'ClientService/Forget', { client: 'w9' }, 'not_found', 'no_such_target', /w9/],
    ['a connected client', 'ClientService/Forget', { client: 'w1' }, 'invalid_argument', 'bad_usage', /w1/],
    ['an unknown method', 'ServerService/Call', { method: 'echo/agan' }, 'not_found', 'unknown_command', /echo\/again/],
    [
      'a request that does not fit',
      'ServerService/Call',
      { method: 'echo/again', request: 1 },
      'invalid_argument',
      'bad_arguments',
      /expected object/,
    ],
    ['no client', 'ClientService/Forget', {}, 'invalid_argument', 'bad_usage', /client/],
    ['an unknown target to resolve', 'ClientService/Resolve', { targets: ['w9'] }, 'not_found', 'no_such_target', /w9/],
  ])('is refused %s', async (_what, method, request, status, code, words) => {
    const refused = await call(method, request);
    expect(refused).toMatchObject({ status, messages: [], message: expect.stringMatching(words), detail: { code } });
    expect(refused.detail?.message).toBe(refused.message);
  });

  test.each(['two words', 'x'.repeat(64), '-x', 'owner/x'])('is refused the name %j', async (as) => {
    const refused = await call('ServerService/GetInfo', {}, { as });
    expect(refused).toMatchObject({
      status: 'invalid_argument',
      detail: { code: 'bad_usage', message: expect.stringContaining(as) },
    });
  });

  test('cannot use the same key for another command', async () => {
    const { paths, ends } = await openApi();
    const call = open(paths, ends);
    await call('JobService/Submit', { ...submission, key: 'k' });
    const other = await call('JobService/Submit', { ...submission, args: { text: 'y' }, key: 'k' });
    expect(other).toMatchObject({ status: 'invalid_argument', detail: { code: 'bad_usage' } });
  });

  test('cannot send a request that is too large', async () => {
    const refused = await call('ClientService/Forget', { client: 'x'.repeat(1_100_000) });
    expect(refused).toMatchObject({ status: 'resource_exhausted', messages: [] });
  });
});

const nested = (depth: number): JsonValue => (depth === 0 ? 1 : [nested(depth - 1)]);
