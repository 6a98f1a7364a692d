import { Status } from '../../../../schemas/api/tenten/interview/service_pb.js';

/** A user is online for this time after the last pong that said so. */
export const windowMs = 180_000;

/** Whether a pong makes its user an online one. */
export const saysOnline = (status: Status): boolean => status === Status.EVEN || status === Status.ODD;

/** What a user answers at a time, in ms since the epoch. */
export const statusAt = (epochMs: number): Status => (Math.trunc(epochMs) % 2 === 0 ? Status.EVEN : Status.ODD);
