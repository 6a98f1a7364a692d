import { z } from 'zod';
import type { JobService } from './job-service.ts';

// The methods that manage operators: requests and responses of `signalbox operators`.

const nameSchema = z.string().max(255);
/** In ms since the epoch, up to the latest valid `Date`. */
const timeSchema = z.int().max(8_640_000_000_000_000);
const fingerprintSchema = z.string().regex(/^[0-9a-f]{64}$/, 'must be SHA-256 in hexadecimal');

const operatorSchema = z.object({
  name: z.string(),
  role: z.string(),
  /** Fingerprint of the key of its client certificates. Absent if it signs in with a token. */
  keyFingerprint: z.string().optional(),
  addedMs: z.number(),
  /** The actor that added it. */
  addedBy: z.string(),
  /** Time at which it expires, in ms since the epoch. */
  expiresMs: z.number().optional(),
  /** Time of its last request since the server started, in ms since the epoch. */
  seenMs: z.number().optional(),
  isExpired: z.literal(true).optional(),
  /** True if the configuration no longer has its role, so it may do nothing. */
  isWithoutRole: z.literal(true).optional(),
});
export type OperatorRow = z.output<typeof operatorSchema>;

/** Includes the token, which is shown only this once. Absent if the operator has a certificate. */
const withTokenSchema = operatorSchema.extend({ token: z.string().optional() });
export type OperatorWithToken = z.output<typeof withTokenSchema>;

/** By method name, after `operators/`. */
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
  /** Also closes connections that use the old token or key. */
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

/** Calls a method of the operators of a server. @throws SignalboxError if the call fails. */
export async function callOperators<Method extends OperatorMethod>(
  service: JobService,
  method: Method,
  request: OperatorRequest<Method>,
): Promise<OperatorResponse<Method>> {
  const response = await service.call(`operators/${method}`, request);
  return operatorCalls[method].response.parse(response) as OperatorResponse<Method>;
}
