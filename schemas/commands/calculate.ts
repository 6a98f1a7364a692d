import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { text } from '../text.ts';

/** One hundred years. */
const maxSeconds = 3_155_760_000;

/** Simulated work: waits, then emits a message as output. */
export const calculate = defineCommand({
  name: 'calculate',
  summary: 'Simulate long work: wait SECONDS, then print MESSAGE on the client and send it as output.',
  args: z.strictObject({
    seconds: z.number().min(0).max(maxSeconds).meta({ unit: 's', description: 'duration of the work' }),
    message: text(65_536).meta({ description: 'the text to print at the end' }),
  }),
  result: z.strictObject({ seconds: z.number().meta({ unit: 's', description: 'actual duration of the work' }) }),
  describe: ({ seconds }) => `lasted ${Math.round(seconds * 10) / 10} s`,
  example: 'calculate 2.5 "hello box"',
});
