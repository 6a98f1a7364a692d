import { randomUUID } from 'node:crypto';

/** A name of a client, a container or a network that no other test has. */
export const newName = (prefix = 't'): string => `${prefix}-${randomUUID().slice(0, 13)}`;
