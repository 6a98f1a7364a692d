import { z } from 'zod';
import { defineCommand } from '../command.ts';

export const ping = defineCommand({
  name: 'ping',
  summary: 'Ask the client for its time: the answer is its clock in whole seconds since 1970 (UTC).',
  args: z.strictObject({}),
  result: z.int(),
  example: 'ping',
  measuresLatency: true,
});
