import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from './clock.ts';
import { type Scan, scanProcesses } from './process-scan.ts';

/** A job that waits for a look at its processes. */
export interface Sought {
  readonly leader: number | undefined;
  /** Start time of the leader: what started before is none of the job's. */
  readonly startTime: number;
}

interface Waiting extends Sought {
  readonly seen: PromiseWithResolvers<Scan>;
}

let waiting: Waiting[] = [];
let isScanning = false;

/** The next scan that begins. All jobs that wait share one, and no two scans run at a time. */
export function nextScan(sought: Sought): Promise<Scan> {
  const seen = Promise.withResolvers<Scan>();
  waiting.push({ ...sought, seen });
  if (!isScanning) void scanAll();
  return seen.promise;
}

async function scanAll(): Promise<void> {
  isScanning = true;
  while (waiting.length > 0) {
    // Whoever asks in this turn is served, too.
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
    // Half of the time at most, however many processes there are.
    await sleep(monotonicMs() - beganMs);
  }
  isScanning = false;
}
