import { createContextKey } from '@connectrpc/connect';

/** For calls that Connect answers: gives the peer a moment to read the rest, then ends the stream. */
export const goodbye = createContextKey<() => void>(() => {}, { description: 'goodbye' });
