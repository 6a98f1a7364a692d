import { z } from 'zod';
import { defineCommand } from '../command.ts';

/** Returns the client's clock in whole seconds since 1970 (UTC). */
export const ping = defineCommand({
  name: 'ping',
  summary: 'Ask the client for its time: the result is its clock in whole seconds since 1970 (UTC).',
  args: z.strictObject({}),
  result: z.int(),
  example: 'ping',
  measuresLatency: true,
});
