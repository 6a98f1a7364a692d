import { expect, test } from 'vitest';
import { type Limit, limitTable } from '../../schemas/limits.ts';
import { defaultMaxOutputBytes } from '../../src/process/start-process.ts';
import { maxLineLength } from '../../src/shell/parse/parse.ts';
import { read } from './markdown.ts';

const page = read('docs/limits.md');
const rows = page.split('\n').filter((line) => line.startsWith('| '));
/** The name of a bound, in the last cell of its row. */
const namesIn = (row: string) => [...(row.split(' | ').at(-1) ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name);

const limits = new Map<string, Pick<Limit, 'value' | 'unit'>>([
  ...Object.entries(limitTable),
  ['maxLineLength', { value: maxLineLength, unit: 'characters' }],
  ['defaultMaxOutputBytes', { value: defaultMaxOutputBytes, unit: 'bytes' }],
]);

/** Bounds that users never meet while both sides are Signalbox: the table in schemas/README.md has them. */
const ofTheProtocol = [
  ...[
    'maxMessageBytes',
    'maxTransportBytes',
    'maxBatchMessages',
    'maxItems',
    'maxDepth',
    'maxKeyBytes',
    'maxMessagesPerSecond',
  ],
  ...['maxOutputChunkBytes', 'outputCreditBytes', 'maxAdoptedJobs', 'handshakeMs', 'heartbeatMs', 'quietMs'],
  ...['maxHandshakeBytes', 'maxLabels', 'recordsCredit'],
];

/** Bounds that are defined where they are used: the text of the page, and the source of the number. */
const elsewhere: readonly [onPage: string, file: string, inFile: string][] = [
  ['| 5 s for a job to end after', 'src/client/running-client.ts', 'const graceMs = 5_000;'],
  ['Programs of `run` are killed 1 s before', 'src/client/commands/run.ts', 'const graceMs = 4_000;'],
  ['| 10 s for the shutdown of a server or client', 'src/host/end-bound.ts', 'const boundMs = 10_000;'],
  ['| 30 days since the outcome of a job', 'src/program/options/programs.ts', ".default(2_592_000_000, '30d')"],
  ['or 1 GiB of a durable store', 'src/program/options/programs.ts', ".default(1_073_741_824, '1GiB')"],
  ['| 5 s without an answer of a durable store', 'src/server/journal/commits.ts', 'const patienceMs = 5_000;'],
  ['| 1.5 s at the end for a collector', 'src/observe/traces/open-traces.ts', 'const flushMs = 1_500;'],
  ['| 8,192 spans that wait', 'src/observe/traces/span-queue.ts', 'const maxWaiting = 8_192;'],
  ['| 2,147,483,647 ms for `--timeout`', 'src/shell/parse/arguments.ts', 'const maxTimeoutMs = 2_147_483_647;'],
  ['| 63 characters in a client', 'schemas/name-forms.ts', 'a-z0-9._-]{0,62}'],
  ['| 1 MiB of output of a `run` in memory', 'src/process/output-slots.ts', 'const maxMemoryBytes = 1_048_576;'],
  ['| 65,536 characters of JSON on stdout', 'src/shell/output/newest-events.ts', 'const stalledLength = 65_536;'],
  ['| 1,048,576 characters of lines', 'src/host/bounded-sink.ts', 'const maxWaitingLength = 1_048_576;'],
  ['| 4,096 changes between stdout and stderr', 'src/process/output-order.ts', 'const maxRuns = 4_096;'],
  ['| 8 nested files of `source`', 'src/shell/builtins/source.ts', 'const maxDepth = 8;'],
  ['| 10 s for jobs that Ctrl-C', 'src/shell/cancel-begun.ts', 'const cancelWaitMs = 10_000;'],
  ['| 100 years for every other duration', 'src/shell/parse/duration.ts', 'const maxMs = 36_525 * 86_400_000;'],
  ['| 10,000 names given by `--as`', 'src/shell/job-names.ts', 'const maxNames = 10_000;'],
  ['| 100,000 jobs in one list', 'src/shell/parse/history-options.ts', 'const maxLimit = 100_000;'],
  ['| 10,000 names in one `keys add`', 'src/number-brackets.ts', 'export const maxNames = 10_000;'],
  ['| 255 characters in a part of a target', 'src/target.ts', 'const maxAtom = 255;'],
  ['10,000 names from its brackets', 'src/number-brackets.ts', 'export const maxNames = 10_000;'],
  ['| 1 MiB of output per job, and', 'src/shell/output/gathered-line.ts', 'const maxJobBytes = 1024 * 1024;'],
  ['64 MiB for all jobs of a line', 'src/shell/output/gathered-line.ts', 'const maxLineBytes = 64 * 1024 * 1024;'],
  ['| 64 MiB in an allow-list', 'src/keys/private-file.ts', 'const maxBytes = 67_108_864;'],
  ['| 9,999 clients of `--spawn`', 'src/program/options/values.ts', String.raw`/^\d{1,4}$/`],
  ['| 30 s for a plug-in to load', 'src/program/plugins/load.ts', 'const loadMs = 30_000;'],
  ['and 30 s for its `setup`', 'src/plugin/set-up.ts', 'const setUpMs = 30_000;'],
  ['| 1 MiB in a configuration', 'src/read-bounded.ts', 'const maxBytes = 1024 * 1024;'],
  ['| 10,000 tasks in a workflow', 'src/workflow/instances.ts', 'export const maxInstances = 10_000;'],
  ['| 100 decisions of a schedule', 'src/workflow/schedule-states.ts', 'const keptDecisions = 100;'],
  ['1,000 planned times in one', 'src/workflow/schedules.ts', 'const maxBackfill = 1_000;'],
  ['| 1,000 files in the folder of workflows', 'src/workflow/folder-files.ts', 'const maxFiles = 1_000;'],
  ['| 1,000 active runs of workflows', 'src/workflow/runner.ts', 'const maxRuns = 1_000;'],
  ['| 4 KiB in the value `stdout`', 'src/workflow/task-facts.ts', 'const maxLineBytes = 4_096;'],
  ['| 1,000 `retries` of a task', 'src/workflow/definition.ts', '.max(1_000,'],
  ['an hour of its `backoff`', 'src/workflow/plan.ts', 'const maxBackoffMs = 3_600_000;'],
  ['| 1 MiB per request', 'src/api/api-limits.ts', 'maxRequestBytes: 1_048_576,'],
  ['| 512 connections', 'src/api/api-limits.ts', 'maxConnections: 512,'],
  ['| 256 concurrent calls', 'src/api/api-limits.ts', 'maxStreams: 256,'],
  ['| 1,024 long-lived calls', 'src/api/api-limits.ts', 'maxFollowers: 1_024,'],
  ['| 10 s for a request to arrive', 'src/api/api-limits.ts', 'requestMs: 10_000,'],
  ['| 8 MiB that wait for a caller', 'src/api/api-limits.ts', 'maxWaitingBytes: 8_388_608,'],
  ['A caller that does not read even this within 10 s', 'src/api/api-limits.ts', 'stalledMs: 10_000,'],
  ['| 1,000 events, or 1 MiB, in a message', 'src/api/api-limits.ts', 'maxBatchEvents: 1_000,'],
  ['or 1 MiB, in a message', 'src/api/api-limits.ts', 'maxMessageBytes: 1_048_576,'],
  ['events of 50 ms share a message', 'src/api/api-limits.ts', 'batchMs: 50,'],
  ['| 0.5 s at the end of the server', 'src/api/api-limits.ts', 'flushMs: 500,'],
  ['| 107 bytes in the path of a socket', 'src/api/listen-at.ts', 'const maxPathBytes = 107;'],
  ['| 20,000 streams of users', 'src/plugins/presence/model/limits.ts', 'maxUserStreams: 20_000,'],
  ['| 10,000 TCP connections, each', 'src/plugins/presence/model/limits.ts', 'maxConnections: 10_000,'],
  ['each with 1,000 calls', 'src/plugins/presence/model/limits.ts', 'maxStreams: 1_000,'],
  ['| 200,000 users whose newest pong', 'src/plugins/presence/model/limits.ts', 'maxWaitingRows: 200_000,'],
  ['| 10,000 rows per statement', 'src/plugins/presence/model/limits.ts', 'maxBatchRows: 10_000,'],
  ['| 32 gateways to whose newest', 'src/plugins/presence/model/limits.ts', 'maxLinks: 32,'],
  ['| 1 KiB per message', 'src/plugins/presence/model/limits.ts', 'maxMessageBytes: 1_024,'],
  ['16 KiB of the headers', 'src/plugins/presence/model/limits.ts', 'maxHeaderBytes: 16_384,'],
  ['| 5 pings in a row', 'src/plugins/presence/model/limits.ts', 'maxUnanswered: 5,'],
  ['| 10 pongs for one ping', 'src/plugins/presence/model/limits.ts', 'maxPongsPerPing: 10,'],
  ['| 10 s until a TCP connection speaks', 'src/plugins/presence/model/limits.ts', 'requestMs: 10_000,'],
  ['5 min without anything', 'src/plugins/presence/model/limits.ts', 'idleMs: 300_000,'],
  ['| 0.5 s at the end for users', 'src/plugins/presence/model/limits.ts', 'flushMs: 500,'],
  ['3 s for the last rows', 'src/plugins/presence/model/limits.ts', 'lastRowsMs: 3_000,'],
  ['100 of which share', 'src/plugins/presence/model/limits.ts', 'maxUsersPerConnection: 100,'],
  ['| 128 characters in a user-id', 'src/plugins/presence/model/user-id.ts', 'const maxLength = 128;'],
  ['the 180 s of the window', 'src/plugins/presence/model/online.ts', 'windowMs = 180_000;'],
  ['| 100,000 users of one', 'src/plugins/presence/subcommands.ts', 'const maxUsers = 100_000;'],
  ['| 16 MiB for `--body-limit`', 'src/plugins/check/contracts/check.ts', 'max(16_777_216)'],
  ['the default is 1 MiB', 'src/plugins/check/run/check-plan.ts', 'args.bodyLimit ?? 1_048_576'],
  ['| 64 KiB in the header of a response', 'src/plugins/check/http/request-hop.ts', 'const maxHeaderBytes = 65_536;'],
  ['| 20 redirects for `--follow`', 'src/plugins/check/contracts/check.ts', '.max(20)'],
  ['the default is 5', 'src/plugins/check/run/check-plan.ts', 'args.follow ?? 5'],
  ['| 5 min for `--timeout`', 'src/plugins/check/contracts/check.ts', 'max(300_000)'],
  ['the default is 10 s, or `--every`', 'src/plugins/check/run/check-plan.ts', 'const defaultTimeoutMs = 10_000;'],
  ['| 2,048 characters in a URL', 'src/plugins/check/contracts/check.ts', '.max(2_048)'],
  ['1,000 in a pattern', 'src/plugins/check/contracts/check.ts', '.max(1_000)'],
  ['128 in a name', 'src/plugins/check/contracts/check-name.ts', 'export const longestName = 128;'],
  ['64 of `--header` with 8,192', 'src/plugins/check/contracts/check.ts', '.max(8_192)'],
  ['| 1 MiB in a file of `--check-files`', 'src/plugins/check/files/allowed-files.ts', 'const maxBytes = 1_048_576;'],
  ['| 256 names that are being resolved', 'src/plugins/check/http/names.ts', 'const threads = 512;'],
  ['| 100 ms of processor time', 'src/plugins/check/match/patterns.ts', 'const quickMs = 100;'],
  ['| 5 s of processor time there', 'src/plugins/check/match/patterns.ts', 'const longestMs = 5_000;'],
  ['or 30 s in total', 'src/plugins/check/match/pattern-thread.ts', 'const patience = 6;'],
  ['| 30 days without a result', 'src/plugins/check/state/check-states.ts', 'const keptMs = 30 * 86_400_000;'],
  ['| 1 min of results', 'src/plugins/check/state/check-states.ts', 'const saveMs = 60_000;'],
  [
    '| 1,000 rules of [notifications]',
    'schemas/notify.ts',
    ".max(1_000)\n  .meta({ description: 'rules of notifications",
  ],
  ['| 64 KiB in a notification', 'src/notify/message.ts', 'const maxBodyBytes = 65_536;'],
  ['| 5 events in a notification', 'src/notify/group.ts', 'const maxSamples = 5;'],
  ['with 2 KiB of output', 'src/notify/included.ts', 'const maxOutputBytes = 2_048;'],
  ['4,096 characters of arguments each', 'src/notify/included.ts', 'const maxArgumentsLength = 4_096;'],
  ['| 1,000 notifications that were delivered', 'src/notify/outbox.ts', 'const maxDone = 1_000;'],
  ['| 10,000 notifications that wait for a channel', 'src/notify/channel-queue.ts', 'const maxWaiting = 10_000;'],
  ['| 10 s for an attempt of a webhook', 'src/notify/channels/webhook.ts', 'const defaultTimeoutMs = 10_000;'],
  ['30 s for a mail', 'src/notify/channels/mail.ts', 'const defaultTimeoutMs = 30_000;'],
  ['60 s for a command', 'src/notify/channels/command.ts', 'const defaultTimeoutMs = 60_000;'],
  ['or a channel of a plug-in', 'src/plugin/scoped-channel.ts', 'const attemptMs = 60_000;'],
  ['| 24 h of failed attempts for a notification', 'src/notify/channel-queue.ts', 'const patienceMs = 86_400_000;'],
  ['| 366 days for a silence', 'src/notify/notify-methods.ts', 'const longestMs = 366 * 86_400_000;'],
  ['100 aliases in it', 'src/yaml/yaml-text.ts', 'const maxAliases = 100;'],
];

const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** A number as text. */
function figure({ value, unit }: Pick<Limit, 'value' | 'unit'>): string {
  if (unit.startsWith('bytes')) return value >= 2 ** 20 ? `${value / 2 ** 20} MiB` : `${value / 2 ** 10} KiB`;
  if (unit !== 'ms') return value.toLocaleString('en-US');
  if (value >= dayMs) return `${value / dayMs} days`;
  return value >= hourMs ? `${value / hourMs} h` : `${value / 1_000} s`;
}

test('each number of the page is that of the code', () => {
  const named = rows.flatMap((row) => namesIn(row).map((name) => ({ name, row })));
  expect(named.length).toBeGreaterThan(15);
  for (const { name, row } of named) {
    const limit = limits.get(name);
    expect([name, row]).toEqual([name, expect.stringContaining(limit ? figure(limit) : 'a bound of that name')]);
  }
  for (const [onPage, file, inFile] of elsewhere) {
    expect(page).toContain(onPage);
    expect([file, read(file)]).toEqual([file, expect.stringContaining(inFile)]);
  }
});

test('each bound is on the page, unless no user meets it', () => {
  const onPage = rows.flatMap(namesIn);
  const forgotten = Object.keys(limitTable).filter((name) => !onPage.includes(name) && !ofTheProtocol.includes(name));
  expect(forgotten).toEqual([]);
  expect(ofTheProtocol.filter((name) => !(name in limitTable) || onPage.includes(name))).toEqual([]);
});
