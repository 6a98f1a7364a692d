import { z } from 'zod';
import type { JobService } from './job-service.ts';

// The methods by which operators are added and removed: what `signalbox operators` asks of a server, and gets.

const nameSchema = z.string().max(255);
/** In ms since the epoch, up to the last `Date` that there is. */
const timeSchema = z.int().max(8_640_000_000_000_000);
const fingerprintSchema = z.string().regex(/^[0-9a-f]{64}$/, 'is SHA-256 in hexadecimal');

const operatorSchema = z.object({
  name: z.string(),
  role: z.string(),
  /** Of the key of its client certificates; one without it signs in with a token. */
  keyFingerprint: z.string().optional(),
  addedMs: z.number(),
  /** Who has added it. */
  addedBy: z.string(),
  /** When its time is over. */
  expiresMs: z.number().optional(),
  /** When it was last signed in, since the server began. */
  seenMs: z.number().optional(),
  isExpired: z.literal(true).optional(),
  /** The configuration has its role no more: it may do nothing. */
  isWithoutRole: z.literal(true).optional(),
});
export type OperatorRow = z.output<typeof operatorSchema>;

/** With the token, which is told this once; one with a certificate has none. */
const withTokenSchema = operatorSchema.extend({ token: z.string().optional() });
export type OperatorWithToken = z.output<typeof withTokenSchema>;

/** By the names of the methods, after `operators/`. */
export const operatorCalls = {
  add: {
    request: z.strictObject({
      name: nameSchema,
      role: z.string().max(255),
      expiresMs: timeSchema.optional(),
      keyFingerprint: fingerprintSchema.optional(),
    }),
    response: withTokenSchema,
  },
  /** What the old token, or key, has open ends. */
  rotate: {
    request: z.strictObject({ name: nameSchema, keyFingerprint: fingerprintSchema.optional() }),
    response: withTokenSchema,
  },
  remove: { request: z.strictObject({ name: nameSchema }), response: z.object({ name: z.string() }) },
  list: { request: z.strictObject({}), response: z.array(operatorSchema) },
} as const;

type OperatorCalls = typeof operatorCalls;
export type OperatorMethod = keyof OperatorCalls;
export type OperatorRequest<Method extends OperatorMethod> = z.output<OperatorCalls[Method]['request']>;
export type OperatorResponse<Method extends OperatorMethod> = z.output<OperatorCalls[Method]['response']>;

/** Calls a method of the operators of a server. @throws SignalboxError */
export async function callOperators<Method extends OperatorMethod>(
  service: JobService,
  method: Method,
  request: OperatorRequest<Method>,
): Promise<OperatorResponse<Method>> {
  const response = await service.call(`operators/${method}`, request);
  return operatorCalls[method].response.parse(response) as OperatorResponse<Method>;
}
