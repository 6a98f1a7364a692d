import { accessSync, constants } from 'node:fs';

/** Work of libuv threads: `process.exit` waits for it, and opening a FIFO without a peer never returns. */
const ofThreads = /^(?:FSReq|GetAddrInfoReq|GetNameInfoReq)/;
const shell = '/bin/sh';

/** Ends this process now with this exit code, whatever its threads wait for. */
export function endProcess(exitCode: number): never {
  if (process.getActiveResourcesInfo().some((name) => ofThreads.test(name))) endWithoutThreads(exitCode);
  process.exit(exitCode);
}

/** Replacing the program ends all threads and still sets the exit code; SIGKILL cannot set it. */
function endWithoutThreads(exitCode: number): void {
  try {
    accessSync(shell, constants.X_OK);
    process.execve?.(shell, [shell, '-c', `exit ${exitCode}`], {});
  } catch {
    // There is no shell, or no execve on this system.
  }
  process.kill(process.pid, 'SIGKILL');
}
