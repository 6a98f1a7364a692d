/**
 * The `bootId` of a job that may have been sent to an unknown process: it was waiting in an older copy of its store,
 * and that copy was restored.
 */
export const unknownBoot = '';
