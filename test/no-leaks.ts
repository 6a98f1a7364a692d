import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';

/** Things that a test file could leave to the next one in the same process. */
const processState = () => ({
  cwd: process.cwd(),
  umask: process.umask(),
  exitCode: process.exitCode,
  // A digest, because a failed assertion prints the values and the environment may contain secrets.
  env: createHash('sha256')
    .update(JSON.stringify(Object.entries(process.env).sort()))
    .digest('hex'),
  listeners: Object.fromEntries(process.eventNames().map((name) => [name, process.listenerCount(name)])),
});

let state: ReturnType<typeof processState>;
let known: string[];
beforeAll(() => {
  state = processState();
  known = process.getActiveResourcesInfo();
});

/** Sockets, timers and other handles that were not open before. Those of the test runner come and go. */
function opened(): string[] {
  const rest = process.getActiveResourcesInfo();
  for (const handle of known) if (rest.includes(handle)) rest.splice(rest.indexOf(handle), 1);
  return rest;
}

// Registered first, so this hook runs after those of the file.
afterAll(async () => {
  expect(processState()).toStrictEqual(state);
  // A closed handle stays active until its callback has run.
  for (let tries = 0; tries < 200 && opened().length > 0; tries += 1) await setTimeout(10);
  expect(opened()).toStrictEqual([]);
});
