import { z } from 'zod';
import { clientStateSchema } from './control.ts';
import { wireErrorSchema } from './errors.ts';
import { limits } from './limits.ts';

/** The version of the protocol. Both sides must speak the same one. */
export const protocolVersion = 1;

/** The name of a client: chosen by its owner, unique among those connected. */
export const clientNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'a name is [a-z0-9][a-z0-9._-]*, at most 63 characters')
  .refine((name) => name !== 'all', 'the name all means every client');

/** New at each start of a program: 8 to 32 characters of `[0-9a-z]`, random. */
export const bootIdSchema = z.string().regex(/^[0-9a-z]{8,32}$/);

/** The boot id of the server that made it, a dot, and a counter from 1: `k3v9q0ta2m7x.7`. */
export const jobIdSchema = z.string().regex(/^[0-9a-z]{8,32}\.[1-9][0-9]{0,14}$/);

export const commandNameSchema = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/);

/**
 * `traceparent` of W3C Trace Context, version 00: `00-TRACE-SPAN-FLAGS` in lowercase hex, trace and span not all zeros.
 */
export const traceparentSchema = z.string().regex(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/);

export const outcomes = ['completed', 'failed', 'cancelled', 'rejected', 'expired', 'lost'] as const;
/** How a job ended. `lost` is the server's own conclusion and never travels. */
export type Outcome = (typeof outcomes)[number];

export const streamSchema = z.enum(['stdout', 'stderr']);
export type Stream = z.infer<typeof streamSchema>;
export const streams: readonly Stream[] = streamSchema.options;

const count = z.int().min(0);
/** Far enough below 2^53 that where a chunk ends is a whole number too. */
const chunkOffset = z
  .int()
  .min(0)
  .max(2 ** 52);
const milliseconds = z.number().min(0);
const duration = z.int().min(1).max(2_147_483_647);
const text = z.string().max(limits.maxTextLength);
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'expected binary data');
const offsetsSchema = z.strictObject({ stdout: count.optional(), stderr: count.optional() });
/** Bytes of output by stream. A stream that is missing has none. */
export type Offsets = z.infer<typeof offsetsSchema>;

/** What a running job can be sent, as in signal(7). */
export const jobSignalSchema = z.enum([
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGKILL',
  'SIGUSR1',
  'SIGUSR2',
  'SIGTERM',
  'SIGCONT',
  'SIGSTOP',
  'SIGTSTP',
  'SIGWINCH',
]);
export type JobSignal = z.infer<typeof jobSignalSchema>;

const sentOutcomeSchema = z.enum(['completed', 'failed', 'cancelled', 'expired']);
export type SentOutcome = z.infer<typeof sentOutcomeSchema>;

const clientInfoSchema = z.strictObject({
  host: z.string().max(255),
  pid: count,
  platform: z.string().max(64),
  containment: z.string().max(64).optional(),
});
export type ClientInfo = z.infer<typeof clientInfoSchema>;

const helloSchema = z.strictObject({
  type: z.literal('hello'),
  protocol: count,
  version: z.string().max(64),
  name: clientNameSchema,
  token: z.string().max(128).optional(),
  bootId: bootIdSchema,
  state: clientStateSchema,
  commands: z.array(commandNameSchema).max(256),
  info: clientInfoSchema,
});
export type Hello = z.infer<typeof helloSchema>;

export const fromClientSchema = z.discriminatedUnion('type', [
  helloSchema,
  z.strictObject({
    type: z.literal('job'),
    id: jobIdSchema,
    command: commandNameSchema,
    state: z.enum(['running', 'settled']),
    outcome: z.enum(['completed', 'failed', 'cancelled', 'expired', 'rejected']).optional(),
    offsets: offsetsSchema,
    taken: offsetsSchema.optional(),
  }),
  z.strictObject({ type: z.literal('jobs-end') }),
  z.strictObject({ type: z.literal('state'), state: clientStateSchema }),
  z.strictObject({ type: z.literal('accepted'), id: jobIdSchema }),
  z.strictObject({ type: z.literal('rejected'), id: jobIdSchema, error: wireErrorSchema }),
  z.strictObject({
    type: z.literal('output'),
    id: jobIdSchema,
    stream: streamSchema,
    offset: chunkOffset,
    data: bytes,
  }),
  z.strictObject({ type: z.literal('output-full'), id: jobIdSchema, full: z.boolean() }),
  z.strictObject({
    type: z.literal('progress'),
    id: jobIdSchema,
    fraction: z.number().min(0).max(1),
    note: text.optional(),
  }),
  z.strictObject({
    type: z.literal('result'),
    id: jobIdSchema,
    outcome: sentOutcomeSchema,
    result: z.unknown().optional(),
    error: wireErrorSchema.optional(),
    durationMs: milliseconds,
    offsets: offsetsSchema.optional(),
    outputError: text.optional(),
  }),
  z.strictObject({ type: z.literal('heartbeat-ack'), seq: count, state: clientStateSchema, lagMs: milliseconds }),
  z.strictObject({ type: z.literal('goodbye'), reason: text }),
]);
export type FromClient = z.infer<typeof fromClientSchema>;

export const fromServerSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('welcome'),
    session: z.string().max(64),
    serverBootId: bootIdSchema,
    heartbeatMs: duration,
    sentMs: z.number(),
    limits: z.strictObject({ maxMessageBytes: count, outputCreditBytes: count }),
  }),
  z.strictObject({ type: z.literal('refused'), error: wireErrorSchema }),
  z.strictObject({
    type: z.literal('command'),
    id: jobIdSchema,
    name: commandNameSchema,
    args: z.record(z.string(), z.unknown()),
    sentMs: z.number(),
    expiresInMs: milliseconds.optional(),
    timeoutMs: duration.optional(),
    traceparent: traceparentSchema.optional(),
  }),
  z.strictObject({ type: z.literal('cancel'), id: jobIdSchema }),
  z.strictObject({ type: z.literal('signal'), id: jobIdSchema, signal: jobSignalSchema }),
  z.strictObject({ type: z.literal('output-ack'), id: jobIdSchema, stream: streamSchema, offset: count }),
  z.strictObject({ type: z.literal('fetch'), id: jobIdSchema, from: offsetsSchema }),
  z.strictObject({ type: z.literal('ack'), ids: z.array(jobIdSchema).max(1_024) }),
  z.strictObject({ type: z.literal('heartbeat'), seq: count, sentMs: z.number() }),
]);
export type FromServer = z.infer<typeof fromServerSchema>;

/** One message of a union, by its type: `Message<FromClient, 'output'>`. */
export type Message<Union extends { type: string }, Type extends Union['type']> = Extract<Union, { type: Type }>;
