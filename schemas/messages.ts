import { z } from 'zod';
import { clientStateSchema } from './control.ts';
import { fieldRules, keepingTo } from './field-rules.ts';
import { bootIdSchema, messageIdSchema } from './ids.ts';
import { limits } from './limits.ts';
import { clientNameSchema, commandNameSchema, factsSchema, labelsSchema } from './names.ts';
import { text } from './text.ts';
import { wireErrorSchema } from './wire-error.ts';
import { jobSignals, streams } from './words.ts';

/** The version of the protocol that this package implements. */
export const protocolVersion = 2;

/**
 * `traceparent` of W3C Trace Context, version 00: `00-TRACE-SPAN-FLAGS` in lowercase hex; neither trace nor span is all
 * zeros. https://www.w3.org/TR/trace-context/
 */
export const traceparentSchema = z.string().regex(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/);

/** `stdout` or `stderr`. */
export const streamSchema = z.enum(streams);

const count = z.int().min(0);
/** Maximum offset of output and records. It is far enough below 2^53 that the end of a chunk is still exact. */
export const maxOffset = 2 ** 52;
const offset = z.int().min(0).max(maxOffset);
const milliseconds = z.number().min(0);
const duration = z.int().min(1).max(2_147_483_647);
const sentence = text(limits.maxTextBytes);
const chunk = z.custom<Uint8Array>(
  (value) => value instanceof Uint8Array && value.length >= 1 && value.length <= limits.maxOutputChunkBytes,
  `expected 1 to ${limits.maxOutputChunkBytes} bytes`,
);
const offsetsSchema = z.object({ stdout: count.optional(), stderr: count.optional() });
/** Number of bytes of output by stream. A missing stream has none. */
export type Offsets = z.infer<typeof offsetsSchema>;

/** A signal that a job can receive. */
export const jobSignalSchema = z.enum(jobSignals);

const sentOutcomeSchema = z.enum(['completed', 'failed', 'cancelled', 'expired']);
/** An outcome that a client reports. `rejected` is a message of its own, and only a server concludes `lost`. */
export type SentOutcome = z.infer<typeof sentOutcomeSchema>;

const clientInfoSchema = z.object({
  host: text(255),
  pid: count,
  platform: text(64),
  containment: text(64).optional(),
});
/** The process of a client: host name, process id, platform, and what contains the processes of its jobs. */
export type ClientInfo = z.infer<typeof clientInfoSchema>;

const featuresSchema = z.array(text(64)).max(64);

/** The first message of a client. It opens a session. */
export const helloSchema = z.object({
  type: z.literal('hello'),
  protocol: z.object({ min: count, max: count }),
  features: featuresSchema,
  version: text(64),
  name: clientNameSchema,
  named: z.boolean(),
  token: text(128).optional(),
  bootId: bootIdSchema,
  state: clientStateSchema,
  commands: z.array(commandNameSchema).max(256),
  info: clientInfoSchema,
  labels: labelsSchema,
  facts: factsSchema,
});
/** See `helloSchema`. */
export type Hello = z.infer<typeof helloSchema>;

/** The messages of a client, except `hello`. */
export const clientMessages = {
  job: z
    .object({
      type: z.literal('job'),
      id: messageIdSchema,
      command: commandNameSchema,
      state: z.enum(['running', 'settled']),
      offsets: offsetsSchema,
      outcome: z.enum(['completed', 'failed', 'cancelled', 'expired', 'rejected']).optional(),
      taken: offsetsSchema.optional(),
      records: count.optional(),
      recordsTaken: count.optional(),
      standing: z.literal(true).optional(),
      takenUp: z.literal(true).optional(),
    })
    .superRefine(keepingTo(fieldRules.job)),
  'jobs-end': z.object({ type: z.literal('jobs-end'), elsewhere: count }),
  state: z.object({ type: z.literal('state'), state: clientStateSchema }),
  accepted: z.object({ type: z.literal('accepted'), id: messageIdSchema }),
  rejected: z.object({ type: z.literal('rejected'), id: messageIdSchema, error: wireErrorSchema }),
  output: z.object({
    type: z.literal('output'),
    id: messageIdSchema,
    stream: streamSchema,
    offset,
    data: chunk,
  }),
  'output-full': z.object({ type: z.literal('output-full'), id: messageIdSchema, full: z.boolean() }),
  progress: z.object({
    type: z.literal('progress'),
    id: messageIdSchema,
    fraction: z.number().min(0).max(1),
    note: sentence.optional(),
  }),
  result: z
    .object({
      type: z.literal('result'),
      id: messageIdSchema,
      outcome: sentOutcomeSchema,
      durationMs: milliseconds,
      result: z.unknown().optional(),
      error: wireErrorSchema.optional(),
      offsets: offsetsSchema.optional(),
      outputError: sentence.optional(),
      records: count.optional(),
    })
    .superRefine(keepingTo(fieldRules.result)),
  'heartbeat-ack': z.object({
    type: z.literal('heartbeat-ack'),
    seq: count,
    state: clientStateSchema,
    lagMs: milliseconds,
  }),
  goodbye: z.object({ type: z.literal('goodbye'), reason: sentence }),
  stale: z.object({ type: z.literal('stale'), id: messageIdSchema }),
  records: z.object({
    type: z.literal('records'),
    id: messageIdSchema,
    offset,
    values: z.array(z.unknown()).min(1).max(limits.recordsCredit),
  }),
  about: z.object({ type: z.literal('about'), labels: labelsSchema, facts: factsSchema }),
};

/** Any message of a client. */
export const fromClientSchema = z.discriminatedUnion('type', [
  helloSchema,
  clientMessages.job,
  clientMessages['jobs-end'],
  clientMessages.state,
  clientMessages.accepted,
  clientMessages.rejected,
  clientMessages.output,
  clientMessages['output-full'],
  clientMessages.progress,
  clientMessages.result,
  clientMessages['heartbeat-ack'],
  clientMessages.goodbye,
  clientMessages.stale,
  clientMessages.records,
  clientMessages.about,
]);
/** Any message of a client. */
export type FromClient = z.infer<typeof fromClientSchema>;

/** The answer of the server to `hello`: the session is open. */
export const welcomeSchema = z.object({
  type: z.literal('welcome'),
  protocol: count,
  features: featuresSchema,
  session: text(64),
  serverBootId: bootIdSchema,
  heartbeatMs: duration,
  sentMs: z.number(),
  limits: z.object({ maxMessageBytes: count, outputCreditBytes: count, recordsCredit: count }),
  store: z.object({ id: text(64), durable: z.boolean() }),
  adopt: z.boolean(),
});
/** See `welcomeSchema`. */
export type Welcome = z.infer<typeof welcomeSchema>;
/** The server refuses the connection or ends the session, and says why. */
export const refusedSchema = z.object({ type: z.literal('refused'), error: wireErrorSchema });

/** The messages of a server, except `welcome` and `refused`. */
export const serverMessages = {
  command: z.object({
    type: z.literal('command'),
    id: messageIdSchema,
    name: commandNameSchema,
    args: z.record(z.string(), z.unknown()),
    sentMs: z.number(),
    expiresInMs: milliseconds.optional(),
    timeoutMs: duration.optional(),
    traceparent: traceparentSchema.optional(),
    standing: z.literal(true).optional(),
  }),
  cancel: z.object({ type: z.literal('cancel'), id: messageIdSchema }),
  signal: z.object({ type: z.literal('signal'), id: messageIdSchema, signal: jobSignalSchema }),
  'output-ack': z.object({ type: z.literal('output-ack'), id: messageIdSchema, stream: streamSchema, offset: count }),
  fetch: z.object({
    type: z.literal('fetch'),
    id: messageIdSchema,
    from: offsetsSchema,
    records: count.optional(),
  }),
  ack: z.object({ type: z.literal('ack'), ids: z.array(messageIdSchema).max(limits.maxBatchMessages) }),
  heartbeat: z.object({ type: z.literal('heartbeat'), seq: count, sentMs: z.number() }),
  'records-ack': z.object({ type: z.literal('records-ack'), id: messageIdSchema, offset: count }),
};

/** Any message of a server. */
export const fromServerSchema = z.discriminatedUnion('type', [
  welcomeSchema,
  refusedSchema,
  serverMessages.command,
  serverMessages.cancel,
  serverMessages.signal,
  serverMessages['output-ack'],
  serverMessages.fetch,
  serverMessages.ack,
  serverMessages.heartbeat,
  serverMessages['records-ack'],
]);
/** Any message of a server. */
export type FromServer = z.infer<typeof fromServerSchema>;

/** The member of a union of messages that has this type: `Message<FromClient, 'output'>`. */
export type Message<Union extends { type: string }, Type extends Union['type']> = Extract<Union, { type: Type }>;
