import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { text } from '../text.ts';

/** A hundred years. */
const maxSeconds = 3_155_760_000;

export const calculate = defineCommand({
  name: 'calculate',
  summary: 'Stand in for long work: last SECONDS, then print MESSAGE on the client and send it as output.',
  args: z.strictObject({
    seconds: z.number().min(0).max(maxSeconds).meta({ unit: 's', description: 'how long the work lasts' }),
    message: text(65_536).meta({ description: 'what is printed at the end' }),
  }),
  result: z.strictObject({ seconds: z.number().meta({ unit: 's', description: 'how long the work lasted' }) }),
  describe: ({ seconds }) => `lasted ${Math.round(seconds * 10) / 10} s`,
  example: 'calculate 2.5 "hello box"',
});
