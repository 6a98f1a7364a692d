/**
 * The `bootId` of a job that may have been sent to a process that nobody knows: it waited in an older copy of its store,
 * which was put back.
 */
export const unknownBoot = '';
