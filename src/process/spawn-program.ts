import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import type { Launch } from './launcher.ts';
import { type OutputPipes, openOutputs } from './output-pipes.ts';
import { ProcessError, type ProcessErrorCode } from './process-error.ts';
import type { RealPipes } from './real-pipes.ts';
import { systemCode, wordsOf } from './system-error.ts';

/** A started process, before or at its first instruction. */
export interface Spawned {
  readonly pid: number;
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>;
  /** Resolves when the program itself has been executed. @throws ProcessError `cannot_start` */
  readonly launched: Promise<void>;
}

const codes: Readonly<Record<string, ProcessErrorCode>> = {
  ENOENT: 'program_not_found',
  EACCES: 'not_executable',
  E2BIG: 'arguments_too_long',
  EAGAIN: 'cannot_fork',
  ENOMEM: 'cannot_fork',
  EMFILE: 'cannot_fork',
  ENFILE: 'cannot_fork',
};

/** @throws ProcessError */
export async function spawnProgram(
  launch: Launch,
  { cwd, stdin, pipes }: { cwd: string; stdin: boolean; pipes?: RealPipes | undefined },
): Promise<Spawned> {
  const [program = '', ...args] = launch.argv;
  const report = launch.reports ? (['pipe'] as const) : [];
  let outputs: OutputPipes | undefined;
  try {
    outputs = await openOutputs(pipes);
    checkDescriptors(outputs.stdio.filter((one) => one === 'pipe').length + Number(stdin) + report.length);
    // `detached` is setsid(2): its own session and process group.
    const child = spawn(program, args, {
      cwd,
      env: launch.env,
      detached: true,
      stdio: [stdin ? 'pipe' : 'ignore', ...outputs.stdio, ...report],
    });
    if (child.pid === undefined) {
      const [error] = await once(child, 'error');
      throw error;
    }
    return watch(child, child.pid, outputs);
  } catch (error) {
    outputs?.discard();
    const code = codes[systemCode(error) ?? ''] ?? 'cannot_start';
    throw new ProcessError(code, `the system did not start it: ${wordsOf(error)}`, { cause: error });
  }
}

/**
 * Fails early, since Node leaks the pipes it has created if a later one fails with EMFILE. Each takes two descriptors,
 * and so does the one by which libuv learns of `exec`.
 * @throws EMFILE, ENFILE
 */
function checkDescriptors(pipes: number): void {
  const open: number[] = [];
  try {
    while (open.length < 2 * (pipes + 1)) open.push(openSync('/dev/null', 'r'));
  } finally {
    for (const descriptor of open) closeSync(descriptor);
  }
}

function watch(child: ChildProcess, pid: number, outputs: OutputPipes): Spawned {
  const { stdin } = child;
  const { stdout, stderr } = outputs.adopt() ?? child;
  if (!stdout || !stderr) throw new Error('the pipes are missing');
  child.on('error', () => {});
  const exited = new Promise<Awaited<Spawned['exited']>>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  return { pid, stdin, stdout, stderr, exited, launched: reportOf(child) };
}

async function reportOf(child: ChildProcess): Promise<void> {
  const report = child.stdio[3];
  if (!report || !('read' in report)) return;
  let failure = '';
  report.on('data', (data: Buffer) => {
    failure += data.toString();
  });
  await once(report, 'close');
  if (failure !== '') throw new ProcessError('cannot_start', failure.trimEnd());
}
