import { z } from 'zod';

/** A boot id: 8 to 32 random characters of `[0-9a-z]`, new at each start of a program. */
export const bootIdSchema = z.string().regex(/^[0-9a-z]{8,32}$/);

/** The form of a job id. */
export const jobIdPattern = /^[0-9a-z]{8,32}\.[1-9][0-9]{0,14}$/;
/** The boot id of the server that created the job, a dot, and a counter from 1: `k3v9q0ta2m7x.7`. */
export const jobIdSchema = z.string().regex(jobIdPattern);

/** The largest counter in a job id, of 15 digits. */
export const maxCounter = 999_999_999_999_999;

/**
 * The id of a job in a message: its counter if the server of this session created the job, otherwise its whole id. The
 * whole id is also valid for a job of this server.
 */
export const messageIdSchema = z.union([z.int().min(1).max(maxCounter), jobIdSchema]);
/** A counter, or a whole job id. */
export type MessageId = z.infer<typeof messageIdSchema>;
