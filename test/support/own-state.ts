import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Short, because sockets are in it. */
const runtime = join(tmpdir(), `signalbox-tests-${process.getuid?.()}`);
mkdirSync(runtime, { recursive: true, mode: 0o700 });

/**
 * The environment in which tests run: programs that they start keep their jobs in memory, and use other folders for
 * state and sockets than the developer. A test of stores names its store.
 */
export const ownState = {
  SIGNALBOX_STORE: 'memory',
  XDG_STATE_HOME: fileURLToPath(new URL('../../node_modules/.cache/state', import.meta.url)),
  XDG_RUNTIME_DIR: runtime,
};
