import { Status } from '../../../../schemas/api/tenten/interview/service_pb.js';

/** A user is online for this time after the last pong with an online status. */
export const windowMs = 180_000;

/** Whether this status of a pong means that the user is online. */
export const saysOnline = (status: Status): boolean => status === Status.EVEN || status === Status.ODD;

/** The status that a user reports at a time, in ms since the epoch. */
export const statusAt = (epochMs: number): Status => (Math.trunc(epochMs) % 2 === 0 ? Status.EVEN : Status.ODD);
