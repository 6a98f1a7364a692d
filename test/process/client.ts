// A program that starts a job and may be killed: `none` or `detect`, then the job's argv. Prints the job's output.
import { startProcess } from '../../src/process/index.ts';

const [containment, ...argv] = process.argv.slice(2);
const job = await startProcess({ argv, containment: containment === 'none' ? 'none' : 'detect' });
for await (const piece of job.output()) if (piece.type === 'data') process.stdout.write(piece.data);
