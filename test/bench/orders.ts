import { z } from 'zod';

/** Orders to the commanding process. */
export const orderSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('joined'), count: z.number() }),
  z.strictObject({ type: z.literal('exchange'), outstanding: z.number(), forMs: z.number() }),
  z.strictObject({
    type: z.literal('send'),
    command: z.enum(['ping', 'run']),
    outstanding: z.number(),
    count: z.number(),
  }),
  z.strictObject({ type: z.literal('gather') }),
  z.strictObject({ type: z.literal('idle'), forMs: z.number() }),
  z.strictObject({ type: z.literal('memory') }),
  z.strictObject({ type: z.literal('live') }),
  z.strictObject({ type: z.literal('lag'), forMs: z.number() }),
  z.strictObject({ type: z.literal('prune') }),
]);
export type Order = z.infer<typeof orderSchema>;

/** Its answers when an order is done. */
export const figuresSchema = z.record(z.string(), z.number());
export type Figures = z.infer<typeof figuresSchema>;
