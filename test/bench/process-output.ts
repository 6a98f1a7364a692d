// Throughput of a process's output, as a ratio to `cat` through one pipe in the same run.
//   node test/bench/process-output.ts [RUNS]
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProcess } from '../../src/process/index.ts';

const size = 67_108_864;
const runs = Number(process.argv[2] ?? 5);
const folder = await mkdtemp(join(tmpdir(), 'signalbox-bench-'));
const file = join(folder, 'data');
await writeFile(file, randomBytes(size));

const timed = async (work: () => Promise<unknown>) => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};
const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const viaPipe = () => once(spawn('/bin/sh', ['-c', 'cat "$0" | cat >/dev/null', file]), 'close');
const viaProcess = async (readers: number) => {
  await using job = await startProcess({ argv: ['cat', file] });
  const read = async () => {
    let bytes = 0;
    for await (const piece of job.output()) if (piece.type === 'data') bytes += piece.data.length;
    if (bytes !== size) throw new Error(`${bytes} of ${size} bytes`);
  };
  await Promise.all([job.exited, ...Array.from({ length: readers }, read)]);
};

const figures: Record<string, number[]> = { pipe: [], readers0: [], readers1: [], readers50: [] };
await viaProcess(1);
for (let run = 0; run < runs; run += 1) {
  figures.pipe?.push(await timed(viaPipe));
  figures.readers0?.push(await timed(() => viaProcess(0)));
  figures.readers1?.push(await timed(() => viaProcess(1)));
  figures.readers50?.push(await timed(() => viaProcess(50)));
}
const pipeMs = median(figures.pipe ?? []);
for (const [name, values] of Object.entries(figures)) {
  const ms = median(values);
  const mibPerSecond = Math.round(size / 1_048_576 / (ms / 1e3));
  process.stdout.write(
    `${JSON.stringify({ name, ms: Math.round(ms), mibPerSecond, ratioToPipe: +(pipeMs / ms).toFixed(2) })}\n`,
  );
}
await rm(folder, { recursive: true });
