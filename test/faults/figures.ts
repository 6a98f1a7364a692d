// Loaded into a process under test by `node --expose-gc --import`: every 5 s it writes its memory and handles, as a
// JSON line, to the file `FIGURES_FILE`.
import { appendFileSync, readdirSync, readlinkSync } from 'node:fs';

/** The memory and handles of a process, after a garbage collection. */
export interface Figures {
  readonly atMs: number;
  readonly heapMiB: number;
  readonly rssMiB: number;
  readonly sockets: number;
  readonly descriptors: number;
  readonly timers: number;
}

function take(): Figures {
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  const descriptors = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return {
    atMs: Math.round(performance.now()),
    heapMiB: mib(heapUsed + external),
    rssMiB: mib(rss),
    sockets: descriptors.filter((target) => target.startsWith('socket:')).length,
    descriptors: descriptors.length,
    timers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
  };
}

const mib = (bytes: number) => Math.round((bytes / 2 ** 20) * 10) / 10;

const file = process.env.FIGURES_FILE;
if (file) setInterval(() => appendFileSync(file, `${JSON.stringify(take())}\n`), 5_000).unref();
