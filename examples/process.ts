// The process library: starts a program, reads its output twice from the start and once from a later time, then stops it.
//   npx node examples/process.ts
import { type OutputOptions, startProcess } from '../src/process/index.ts';

const program = 'for i in 1 2 3; do echo "line $i"; done; echo "half way" >&2; echo "line 4"; exec sleep 1000';
await using job = await startProcess({ argv: ['/bin/sh', '-c', program], limits: { openFiles: 256 }, graceMs: 2_000 });
const { containment, limits } = job.status();
console.log(`${job.id.slice(0, 9)} runs, held by ${containment.kind}, open files ${limits.openFiles?.value}`);

async function follow(name: string, lines: number, options?: OutputOptions): Promise<void> {
  let text = '';
  for await (const piece of job.output(options)) {
    if (piece.type === 'data') text += piece.data.toString();
    if (text.split('\n').length > lines) break;
  }
  console.log(`${name}: ${text.trimEnd().replaceAll('\n', ', ')}`);
}

await Promise.all([follow('first', 4), follow('second', 4)]);
await follow('late', 1, { from: 'line 1\nline 2\nline 3\n'.length });
await follow('errors', 1, { stream: 'stderr' });

const { signal, cancelled, leftRunning, survivors, outputBytes } = await job.stop();
console.log(`ended by ${signal}:`, { cancelled, leftRunning, survivors, outputBytes });
