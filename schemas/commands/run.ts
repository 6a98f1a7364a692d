import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { text } from '../text.ts';

const count = z.int().min(0);

export const maxLeftPrograms = 16;

/** What `run` says of an end, to people: what it left running was killed, which they may not expect. */
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

export const run = defineCommand({
  name: 'run',
  summary: 'Run a program on the client, without a shell; everything after the program name is passed to it.',
  args: z.strictObject({
    cwd: text(4_096).min(1).optional().meta({ named: true, label: 'DIR', description: 'the folder that it runs in' }),
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
      description: 'what it and all it starts may use together: bytes, or with K, M, G or T',
    }),
    cpus: z
      .number()
      .min(0.01)
      .max(4_096)
      .optional()
      .meta({ named: true, label: 'N', description: 'processors that it may use: 0.5' }),
    pids: z
      .int()
      .min(1)
      .max(4_194_304)
      .optional()
      .meta({ named: true, label: 'N', description: 'processes at a time' }),
    openFiles: z
      .int()
      .min(16)
      .max(1_073_741_816)
      .optional()
      .meta({ named: true, label: 'N', description: 'open files of each process' }),
    whenFull: z.enum(['wait', 'drop']).optional().meta({
      named: true,
      description:
        'with 64 MiB of output that no server has taken: the program waits (default), or the oldest output is dropped',
    }),
    argv: z
      .array(text(131_072))
      .min(1)
      .max(4_096)
      .meta({ label: 'PROGRAM [ARG]', description: 'the program and its arguments' }),
  }),
  result: z.strictObject({
    exitCode: z.int().nullable().meta({ description: 'nil where a signal ended it' }),
    signal: text(16).nullable().meta({ description: 'such as `SIGKILL`; nil where it exited' }),
    timedOut: z.boolean().meta({ description: 'it was ended at its deadline' }),
    outOfMemory: z.boolean().meta({ description: 'the kernel killed at `memory`' }),
    cancelled: z.boolean().meta({ description: 'it was ended by a cancel, or with its client' }),
    durationMs: z.number().min(0).meta({ unit: 'ms', description: 'until it and all it left were gone' }),
    outputBytes: count.meta({ description: 'of both streams' }),
    cpuMs: z
      .number()
      .min(0)
      .nullable()
      .meta({ unit: 'ms', description: 'of all its processes; nil where nobody counted' }),
    maxRssBytes: count.nullable().meta({ description: 'most memory at a time; nil where nobody counted' }),
    leftRunning: count.meta({ description: 'processes that it left running, and that were ended' }),
    leftPrograms: z
      .array(text(64))
      .max(maxLeftPrograms)
      .meta({ description: 'the names of their programs, the first 16' }),
    survivors: z.array(z.int()).meta({ description: 'process ids that could not be ended' }),
  }),
  describe: describeRun,
  example: 'run --timeout 1m ls -l /tmp',
  runsCode: true,
  takesSignals: true,
  mayLoseOutput: ({ whenFull }) => whenFull === 'drop',
  // What stands in an environment is often a secret.
  auditArgs: ({ env, ...args }) => ({ ...args, ...(env && { env: env.map((one) => one.split('=')[0]) }) }),
});
