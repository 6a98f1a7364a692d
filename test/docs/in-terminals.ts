import { expect } from 'vitest';
import type { Workbench } from './workbench.ts';

/**
 * Each line in its own terminal: lines that end by themselves run in order, with servers and clients in the background.
 */
export async function inTerminals(bench: Workbench, script: string): Promise<void> {
  await using ends = new AsyncDisposableStack();
  const lines = script.split('\n').map((line) => line.replace(/\s+#.*/, ''));
  const stays = (line: string) => /signalbox (server|client) /.test(line);
  for (const line of lines.filter((one) => !stays(one))) expect(await bench.run(line)).toMatchObject({ exitCode: 0 });
  const programs = lines.filter(stays).map((line) => ({ line, program: ends.use(bench.start(line)) }));
  const clients = programs.filter(({ line }) => line.includes('signalbox client')).length;
  const server = programs.find(({ line }) => line.includes('signalbox server'))?.program;
  const arrivals = clients > 0 ? [`wait --clients ${clients}`] : [];
  server?.type(...arrivals, 'start', 'expect completed ping', 'terminate').end();
  for (const { line, program } of programs) {
    expect({ line, exitCode: await program.exitCode(), said: program.err }).toMatchObject({ line, exitCode: 0 });
  }
}
