import { z } from 'zod';

/** New at each start of a program: 8 to 32 characters of `[0-9a-z]`, random. */
export const bootIdSchema = z.string().regex(/^[0-9a-z]{8,32}$/);

export const jobIdPattern = /^[0-9a-z]{8,32}\.[1-9][0-9]{0,14}$/;
/** The boot id of the server that made it, a dot, and a counter from 1: `k3v9q0ta2m7x.7`. */
export const jobIdSchema = z.string().regex(jobIdPattern);

/** The largest counter in a job id: 15 digits. */
export const maxCounter = 999_999_999_999_999;

/**
 * How a message names a job: by its counter where the server of the session has made it, else by its whole id. The
 * whole id of a job of that server means the same job.
 */
export const messageIdSchema = z.union([z.int().min(1).max(maxCounter), jobIdSchema]);
export type MessageId = z.infer<typeof messageIdSchema>;
