import { z } from 'zod';
import { type ErrorCode, errorCodes } from './errors.ts';
import { limits } from './limits.ts';
import { text } from './text.ts';

const codes = Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]];

/** An error as it is sent. */
export const wireErrorSchema = z.object({
  code: z.enum(codes),
  message: text(limits.maxTextBytes),
});
