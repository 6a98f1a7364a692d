import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Plan } from '../plan.ts';
import { Samples } from '../report/rows.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const programs = { source: 'src/main.ts', dist: 'dist/src/main.js' } as const;

/** From nothing to the first command that a client has accepted, and to the help; compared with an idle Node. */
export async function measureStart(plan: Plan, samples: Samples): Promise<void> {
  for (let round = 0; round < plan.startWarmUps; round += 1) await startAll(new Samples());
  for (let round = 0; round < plan.startRounds; round += 1) await startAll(samples);
}

async function startAll(samples: Samples): Promise<void> {
  const nodeMs = await untilExit(['-e', '0']);
  samples.add('start', 1, 'node', nodeMs);
  samples.add('help', 1, 'node', nodeMs);
  for (const who of ['source', 'dist'] as const) {
    samples.add('start', 1, who, await untilAccepted(programs[who]));
    samples.add('help', 1, who, await untilExit([programs[who], '--help']));
  }
}

async function untilExit(args: readonly string[]): Promise<number> {
  const beganMs = performance.now();
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}`);
  return performance.now() - beganMs;
}

/** What `npm start` runs, with `start` typed into it. */
async function untilAccepted(program: string): Promise<number> {
  const beganMs = performance.now();
  const flags = ['server', '--spawn', '1', '--output', 'json'];
  const child = spawn(process.execPath, [program, ...flags], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  child.stdin.end('start\n');
  let acceptedMs = Number.NaN;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('"type":"accepted"')) acceptedMs = performance.now() - beganMs;
  }
  await exited;
  return acceptedMs;
}
