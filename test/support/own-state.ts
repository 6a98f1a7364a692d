import { fileURLToPath } from 'node:url';

/**
 * The environment in which tests run: whatever they start keeps its jobs in memory, and has another state folder than the
 * developer. A test of stores says which one it wants.
 */
export const ownState = {
  SIGNALBOX_STORE: 'memory',
  XDG_STATE_HOME: fileURLToPath(new URL('../../node_modules/.cache/state', import.meta.url)),
};
