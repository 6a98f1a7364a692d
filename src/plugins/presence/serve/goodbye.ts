import { createContextKey } from '@connectrpc/connect';

/** Of a call that Connect answers: gives its peer a moment to take what is left, and then ends its stream. */
export const goodbye = createContextKey<() => void>(() => {}, { description: 'goodbye' });
