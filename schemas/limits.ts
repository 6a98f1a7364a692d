/** A bound of the protocol: its value, its unit, what it prevents and which side enforces it. */
export interface Limit {
  readonly value: number;
  readonly unit: string;
  /** What would happen without it. */
  readonly prevents: string;
  readonly enforcedBy: 'both' | 'server' | 'client';
}

const limit = <const Value extends number>(
  value: Value,
  unit: string,
  enforcedBy: Limit['enforcedBy'],
  prevents: string,
) => ({ value, unit, prevents, enforcedBy });

/** Every bound of the protocol. `schemas/README.md` has the same table. */
export const limitTable = {
  maxMessageBytes: limit(1_048_576, 'bytes', 'both', 'one frame that fills the memory of its receiver'),
  maxTransportBytes: limit(2_097_152, 'bytes', 'both', 'one frame that fills memory before it can be refused'),
  maxBatchMessages: limit(1_024, 'messages', 'both', 'one frame that keeps its receiver busy for a long time'),
  maxItems: limit(16_384, 'values in a frame', 'both', 'small frames that decode into huge structures'),
  maxDepth: limit(16, 'levels', 'both', 'nesting that overflows the stack'),
  maxKeyBytes: limit(255, 'bytes', 'both', 'keys that are not names'),
  maxMessagesPerSecond: limit(
    200_000,
    'messages per client',
    'server',
    'a client that takes all the time of the server',
  ),
  maxArgsBytes: limit(262_144, 'bytes', 'server', 'a command that delays the others on the connection'),
  maxResultBytes: limit(262_144, 'bytes', 'client', 'a result that delays the others on the connection'),
  maxTextBytes: limit(4_096, 'bytes', 'both', 'error texts and notes that flood a log'),
  maxHandshakeBytes: limit(32_768, 'bytes', 'both', 'unknown fields that hide a large message'),
  maxLabels: limit(64, 'labels, and facts, per client', 'both', 'a client with an unbounded description'),
  recordsCredit: limit(1_000, 'records per job', 'client', 'records that pile up at a slow server'),
  maxOutputChunkBytes: limit(32_768, 'bytes', 'both', 'output that delays more urgent messages'),
  outputCreditBytes: limit(262_144, 'bytes per stream', 'both', 'output that piles up at a slow server'),
  maxOutputKeptBytes: limit(1_048_576, 'bytes per stream', 'both', 'a chatty job that fills memory'),
  maxRecordsKeptBytes: limit(1_048_576, 'bytes per job', 'both', 'records that fill the memory of the server'),
  maxUnacceptedCommands: limit(256, 'commands per client', 'server', 'a queue that delays a cancel'),
  maxWaitingCommands: limit(
    200_000,
    'commands per client',
    'server',
    'a slow client that fills the memory of the server',
  ),
  maxDueMessages: limit(
    32_768,
    'messages per connection',
    'both',
    'a peer that sends requests and does not read the answers',
  ),
  maxDueBytes: limit(
    134_217_728,
    'bytes per connection',
    'both',
    'a peer that requests large answers and does not read them',
  ),
  maxJobs: limit(1_000, 'running jobs per client', 'client', 'a flood of commands that starves the machine'),
  maxHeldResults: limit(
    10_000,
    'unacked results per client',
    'client',
    'results that pile up while no server acks them',
  ),
  maxServerBoots: limit(1_000, 'server boots', 'client', 'former servers that are remembered forever'),
  maxAdoptedJobs: limit(12_000, 'unsettled jobs per client', 'server', 'a client that claims any number of jobs'),
  maxSettledJobs: limit(10_000, 'settled jobs', 'server', 'a long-lived server that grows forever'),
  maxSettledOutputBytes: limit(
    67_108_864,
    'bytes of output of settled jobs',
    'server',
    'kept output that fills memory',
  ),
  maxDepartedClients: limit(10_000, 'names', 'server', 'former clients that are remembered forever'),
  handshakeMs: limit(2_000, 'ms', 'both', 'silent connections that hold a slot'),
  heartbeatMs: limit(2_000, 'ms', 'server', 'a dead client that looks alive'),
  quietMs: limit(1_000, 'ms', 'client', 'a client that looks unresponsive between two heartbeats'),
  unresponsiveMs: limit(3_000, 'ms', 'server', 'a blocked client that looks healthy'),
  sessionTimeoutMs: limit(10_000, 'ms', 'both', 'a session whose other end is gone'),
  lostAfterMs: limit(60_000, 'ms', 'server', 'a job that waits forever for a client that is gone'),
  recoverWithinMs: limit(3_600_000, 'ms', 'server', 'a recoverable job that waits forever for a client that is gone'),
  forgetAfterMs: limit(604_800_000, 'ms', 'client', 'outcomes that wait forever for a store that is gone'),
  reconnectWaitMs: limit(5_000, 'ms', 'server', 'a command that waits forever for an absent client'),
  reconnectMaxMs: limit(2_000, 'ms', 'client', 'many clients that reconnect at the same moment'),
} as const satisfies Record<string, Limit>;

type LimitName = keyof typeof limitTable;

/** The values of `limitTable`: `limits.maxDepth`. */
export const limits: Readonly<Record<LimitName, number>> = Object.freeze(
  Object.fromEntries(Object.entries(limitTable).map(([name, { value }]) => [name, value])) as Record<LimitName, number>,
);
