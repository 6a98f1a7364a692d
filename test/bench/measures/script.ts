import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuSeconds } from '../../support/process-stat.ts';
import { ChildProgram } from '../../support/program.ts';
import type { Plan } from '../plan.ts';
import { profiling } from '../programs/child.ts';
import type { Samples } from '../report/rows.ts';

const program = fileURLToPath(new URL('../../../dist/src/bin.js', import.meta.url));
const line = '@w1 calculate 0 "1 + 1"\n';
/** Its output, and its end. */
const linesOut = 2;
/** The system counts processor time in ticks of 10 ms. */
const tickMs = 10;

/**
 * Processor time of a line of a script: through a pipe into a server, and through `attach` into a headless one. Each
 * server has one client, and a store in a file, as by default. Starts are not included.
 */
export async function measureScript(plan: Plan, samples: Samples): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-script-'));
  stack.defer(() => rmSync(folder, { recursive: true }));
  const start = (...args: string[]) =>
    stack.use(new ChildProgram(process.execPath, [...profiling('near'), program, ...args]));
  const startServer = (name: string, ...more: string[]) => {
    const address = `ipc://${folder}/${name}`;
    const server = start('server', '--bind', address, '--store', `sqlite:${folder}/${name}.db`, ...more);
    start('client', '--connect', address, '--name', 'w1', '--ready', '--quiet');
    return server;
  };
  const pipe = startServer('pipe', '--socket-dir', folder, '--wait-clients', '1');
  const server = startServer('box', '--socket-dir', folder, '--headless');
  await server.line(/"client":"w1","state":"ready"/);
  const attach = start('attach', `ipc://${folder}/box`, '--socket-dir', folder);
  for (let round = -1; round < plan.scriptRounds; round += 1) {
    const before = [pipe, attach, server].map(cpuMsOf);
    for (const into of [pipe, attach]) await carryOut(into, plan.scriptLines);
    const [ofPipe = 0, ofAttach = 0, ofServer = 0] = [pipe, attach, server].map(
      (one, at) => (Math.max(tickMs, cpuMsOf(one) - (before[at] ?? 0)) * 1_000) / plan.scriptLines,
    );
    if (round < 0) continue;
    samples.add('script', 1, 'pipe', ofPipe);
    samples.add('script', 1, 'attach', ofAttach);
    samples.add('script', 1, 'attached', ofAttach + ofServer);
  }
}

const cpuMsOf = ({ child }: ChildProgram): number => cpuSeconds(child.pid ?? Number.NaN) * 1_000;

async function carryOut(into: ChildProgram, times: number): Promise<void> {
  const last = into.out.length + times * linesOut - 1;
  into.type(line.repeat(times).trimEnd());
  await into.more(last, / completed/);
}
