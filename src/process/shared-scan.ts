import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from './clock.ts';
import { type Scan, scanProcesses } from './process-scan.ts';

/** A job that waits for a scan of its processes. */
interface Sought {
  readonly leader: number | undefined;
  /** Start time of the leader; earlier processes do not belong to the job. */
  readonly startTime: number;
}

interface Waiting extends Sought {
  readonly seen: PromiseWithResolvers<Scan>;
}

let waiting: Waiting[] = [];
let isScanning = false;

/** Shares scans between jobs: all waiting jobs get the same scan, and only one runs at a time. */
export function nextScan(sought: Sought): Promise<Scan> {
  const seen = Promise.withResolvers<Scan>();
  waiting.push({ ...sought, seen });
  if (!isScanning) void scanAll();
  return seen.promise;
}

async function scanAll(): Promise<void> {
  isScanning = true;
  while (waiting.length > 0) {
    // Include all requests of this turn.
    await nextTurn();
    const now = waiting;
    waiting = [];
    const beganMs = monotonicMs();
    const leaders = new Set(now.map(({ leader }) => leader));
    const since = Math.min(...now.map(({ startTime }) => startTime));
    const scan = await scanProcesses(
      ({ startTime, session, processGroup }) =>
        startTime >= since && !leaders.has(session) && !leaders.has(processGroup),
    );
    for (const { seen } of now) seen.resolve(scan);
    // Scan for at most half of the time, however many processes there are.
    await sleep(monotonicMs() - beganMs);
  }
  isScanning = false;
}
