import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { text } from '../text.ts';

const count = z.int().min(0);

export const maxLeftPrograms = 16;

/** The result of `run` as text. It names leftover processes that were killed, because people may not expect that. */
export function describeRun(result: {
  exitCode: number | null;
  signal: string | null;
  outOfMemory: boolean;
  leftRunning: number;
  leftPrograms: readonly string[];
}): string {
  const { exitCode, signal, outOfMemory, leftRunning, leftPrograms } = result;
  const how = `${outOfMemory ? 'out of memory, ' : ''}${signal === null ? `exit code ${exitCode}` : `ended by ${signal}`}`;
  if (leftRunning === 0) return how;
  const programs = `${leftPrograms.join(', ')}${leftRunning > leftPrograms.length ? ', …' : ''}`;
  return `${how}; ended ${leftRunning} process${leftRunning === 1 ? '' : 'es'} that it left running: ${programs}`;
}

/** Runs a program on the client, without a shell. It emits the output of the program. */
export const run = defineCommand({
  name: 'run',
  summary: 'Run a program on the client, without a shell; everything after the program name is passed to it.',
  args: z.strictObject({
    cwd: text(4_096)
      .min(1)
      .optional()
      .meta({ named: true, label: 'DIR', description: 'the working folder of the program' }),
    env: z
      .array(
        z
          .string()
          .regex(/^[^=\0]+=[^\0]*$/)
          .meta({ form: 'NAME=VALUE' }),
      )
      .max(256)
      .optional()
      .meta({
        named: true,
        label: 'NAME=VALUE',
        description: 'added to the environment of the client (without its SIGNALBOX_ and OTEL_), as NAME=VALUE',
      }),
    memory: z.int().min(65_536).optional().meta({
      named: true,
      label: 'SIZE',
      unit: 'bytes',
      form: 'a size such as 512M, at least 64K',
      description: 'memory limit for all its processes together: bytes, or with K, M, G or T',
    }),
    cpus: z
      .number()
      .min(0.01)
      .max(4_096)
      .optional()
      .meta({ named: true, label: 'N', description: 'processor limit, such as 0.5' }),
    pids: z
      .int()
      .min(1)
      .max(4_194_304)
      .optional()
      .meta({ named: true, label: 'N', description: 'maximum number of processes' }),
    openFiles: z
      .int()
      .min(16)
      .max(1_073_741_816)
      .optional()
      .meta({ named: true, label: 'N', description: 'maximum number of open files per process' }),
    whenFull: z.enum(['wait', 'drop']).optional().meta({
      named: true,
      description:
        'when 64 MiB of output wait for a server: the program waits (default), or the oldest output is dropped',
    }),
    argv: z
      .array(text(131_072))
      .min(1)
      .max(4_096)
      .meta({ label: 'PROGRAM [ARG]', description: 'the program and its arguments' }),
  }),
  result: z.strictObject({
    exitCode: z.int().nullable().meta({ description: 'nil if a signal ended the program' }),
    signal: text(16).nullable().meta({ description: 'such as `SIGKILL`; nil if it exited' }),
    timedOut: z.boolean().meta({ description: 'whether the program was ended at its deadline' }),
    outOfMemory: z.boolean().meta({ description: 'whether the kernel killed a process at the limit `memory`' }),
    cancelled: z
      .boolean()
      .meta({ description: 'whether the program was cancelled, or ended because its client ended' }),
    durationMs: z.number().min(0).meta({ unit: 'ms', description: 'time until all its processes had ended' }),
    outputBytes: count.meta({ description: 'bytes of output, both streams together' }),
    cpuMs: z
      .number()
      .min(0)
      .nullable()
      .meta({ unit: 'ms', description: 'processor time of all its processes; nil if unknown' }),
    maxRssBytes: count.nullable().meta({ description: 'peak memory; nil if unknown' }),
    leftRunning: count.meta({
      description: 'number of processes that the program left running, which were then ended',
    }),
    leftPrograms: z
      .array(text(64))
      .max(maxLeftPrograms)
      .meta({ description: 'the names of their programs, at most 16' }),
    survivors: z.array(z.int()).meta({ description: 'process ids that could not be ended' }),
  }),
  describe: describeRun,
  example: 'run --timeout 1m ls -l /tmp',
  runsCode: true,
  takesSignals: true,
  mayLoseOutput: ({ whenFull }) => whenFull === 'drop',
  // An environment often contains secrets.
  auditArgs: ({ env, ...args }) => ({ ...args, ...(env && { env: env.map((one) => one.split('=')[0]) }) }),
});
