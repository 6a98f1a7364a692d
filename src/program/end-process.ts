import { accessSync, constants } from 'node:fs';

/** Work of libuv's threads: `process.exit` waits for it, and a file that nobody opens at its other end never comes. */
const ofThreads = /^(?:FSReq|GetAddrInfoReq|GetNameInfoReq)/;
const shell = '/bin/sh';

/** Ends this process now with this exit code, whatever its threads wait for. */
export function endProcess(exitCode: number): never {
  if (process.getActiveResourcesInfo().some((name) => ofThreads.test(name))) endWithoutThreads(exitCode);
  process.exit(exitCode);
}

/** Another program in place of this one ends all threads and can still give the exit code; SIGKILL cannot. */
function endWithoutThreads(exitCode: number): void {
  try {
    accessSync(shell, constants.X_OK);
    process.execve?.(shell, [shell, '-c', `exit ${exitCode}`], {});
  } catch {
    // There is no shell, or no execve on this system.
  }
  process.kill(process.pid, 'SIGKILL');
}
